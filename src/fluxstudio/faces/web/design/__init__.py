"""The product's own design tokens and the style sheet made from them."""
