"""What the product knows and keeps."""
