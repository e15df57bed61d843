"""Parts that several pages use."""

from .buttons import Button, ElidedButton, IconButton, OnePress, PrimaryButton
from .card import Card
from .cells import Beside, Cells, Lines, Stacked, Turning, keep_place
from .config_field import ConfigField
from .config_form import ConfigForm, section_names
from .dot import StatusDot, paint_dot
from .drop import DropArea, paths_in
from .editors import CalmCombo, make_editor
from .empty import EmptyState
from .failure import FailureCard
from .fold import Fold
from .in_view import bring_into_view, focus_in_view
from .number_box import CalmSlider, NumberBox, Scale
from .tabs import Tabs
from .text_labels import ElidedLabel, FittingLabel, IconLabel, Label, Paragraph, Readout, SectionTitle
from .toast import Toast, Toasts

__all__ = [
    "Beside", "Button", "CalmCombo", "CalmSlider", "Card", "Cells", "ConfigField", "ConfigForm", "DropArea",
    "ElidedButton", "ElidedLabel", "EmptyState", "FailureCard", "FittingLabel", "Fold", "IconButton", "IconLabel",
    "Label", "Lines", "NumberBox", "OnePress", "Paragraph", "PrimaryButton", "Readout", "Scale", "SectionTitle",
    "Stacked", "StatusDot", "Tabs", "Toast", "Toasts", "Turning", "bring_into_view", "focus_in_view", "keep_place",
    "make_editor", "paint_dot", "paths_in", "section_names",
]
