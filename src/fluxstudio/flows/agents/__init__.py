"""Agents that call tools: what there is to call, who may, what waits for approval, and what was done."""
