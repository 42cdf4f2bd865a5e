"""How a connection ends: the close codes that a node gives, and what each means.

Those below 4000 are RFC 6455's; those from 4000 on are ours (rules S3 and S12).
"""

from typing import Final

NORMAL: Final = 1000
"""Its work is done."""
GOING_AWAY: Final = 1001
"""Nothing was heard from the peer for too long."""
POLICY_VIOLATION: Final = 1008
"""The peer did what it must not, or was not let in."""
LIFE_OVER: Final = 4000
"""A session or link has lived its life and was not renewed: connect again, with fresh details."""
STUCK: Final = 4008
"""The peer read nothing for ``PAUSED_MAX_S``, though there was something: go on from the cursor."""
REPLACED: Final = 4009
"""A newer process offers the same server; the older one waits ``REPLACED_WAIT_S``."""
