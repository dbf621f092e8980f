"""FluxStudio Integrations: connects Figma, Slack and GitHub for every user of a product."""

__version__ = "0.2.0"
