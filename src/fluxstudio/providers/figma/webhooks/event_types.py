"""What Figma's events tell, in words that follow "when"."""

EVENT_LABELS = {
    "PING": "a webhook is set up",
    "FILE_UPDATE": "a file was edited",
    "FILE_VERSION_UPDATE": "somebody names a version of a file",
    "FILE_DELETE": "a file is deleted",
    "LIBRARY_PUBLISH": "a library is published",
    "FILE_COMMENT": "somebody comments on a file",
    "DEV_MODE_STATUS_UPDATE": "the status of a design for development changes",
}
