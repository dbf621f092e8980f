"""Providers that live outside the product, as anyone's may."""
