"""What Figma's events tell, in words that follow "when"."""

EVENT_LABELS = {
    "PING": "a webhook is set up",
    "FILE_UPDATE": "a file was edited",
    "FILE_VERSION_UPDATE": "someone saves a named version of a file",
    "FILE_DELETE": "a file is deleted",
    "LIBRARY_PUBLISH": "a library is published",
    "FILE_COMMENT": "someone comments on a file",
    "DEV_MODE_STATUS_UPDATE": "a design’s dev status changes",
}
