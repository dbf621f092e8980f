"""Who gave us access and who may use it: grants, connections, and the requests they come from."""
