"""Pictures of the simulated GitHub's people and organisations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

FACE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img" aria-label="{name}">
<defs><linearGradient id="sky" x1="0" y1="0" x2="0.4" y2="1">
<stop offset="0" stop-color="hsl({hue} 62% 62%)"/><stop offset="1" stop-color="hsl({later} 58% 42%)"/>
</linearGradient></defs>
<rect width="96" height="96" fill="url(#sky)"/>
<circle cx="{sun}" cy="26" r="13" fill="hsl({hue} 90% 92%)" opacity="0.4"/>
<path d="M0 66 Q18 {crest} 38 64 T78 62 T96 66 V96 H0 Z" fill="hsl({later} 60% 30%)" opacity="0.45"/>
<path d="M0 78 Q24 68 48 77 T96 76 V96 H0 Z" fill="hsl({later} 62% 22%)" opacity="0.5"/>
<text x="48" y="59" text-anchor="middle" font-family="system-ui, sans-serif" font-size="34" font-weight="600"
 letter-spacing="-1" fill="#fff">{initials}</text>
</svg>"""


def avatar(person: Mapping[str, Any]) -> str:
    """An SVG for somebody: their initials above a sea of their own colour."""
    words = [word for word in str(person["name"]).split() if word[0].isalnum()]
    hue = int(person["hue"])
    return FACE.format(
        name=escape(str(person["name"]), {'"': "&quot;"}),
        initials=escape("".join(word[0] for word in words[:2])),
        hue=hue,
        later=(hue + 28) % 360,
        sun=22 + hue % 52,
        crest=52 + hue % 9,
    )
