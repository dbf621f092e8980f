"""Tools that know nothing of this product: each would serve any other program as it stands."""
