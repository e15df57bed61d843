"""The application's one style sheet: the shape of buttons, fields, sliders and scroll bars.

Colours of text and surfaces come from the palette; here stands only what the palette cannot say.
"""

from __future__ import annotations

from dataclasses import asdict

from .colors import Colors

_SHEET = """
QPushButton {{ background: {panel}; color: {text}; border: 1px solid {outline}; border-radius: 6px;
  padding: 5px 14px; min-height: 18px; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {pressed}; }}
QPushButton:checked {{ background: {accent_soft}; border-color: {accent}; color: {accent}; }}
QPushButton:focus {{ border: 2px solid {accent}; padding: 4px 13px; }}
QPushButton:disabled {{ color: {disabled}; border-color: {border}; background: transparent; }}
QPushButton[role="primary"] {{ background: {accent}; color: {accent_text}; border-color: {accent}; }}
QPushButton[role="primary"]:hover {{ background: {accent_hover}; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {text}; }}
QPushButton[role="primary"]:disabled {{ background: {sunken}; color: {disabled}; border-color: {sunken}; }}
QPushButton[role="danger"] {{ color: {error}; border-color: {error}; }}
QPushButton[role="danger"]:disabled {{ color: {disabled}; border-color: {border}; }}
QPushButton[role="quiet"] {{ background: transparent; border-color: transparent; color: {accent}; padding: 5px 8px; }}
QPushButton[role="quiet"]:hover {{ background: {hover}; }}
QPushButton[role="quiet"]:checked {{ background: {accent_soft}; border-color: {accent}; }}
QPushButton[role="quiet"]:focus {{ border: 2px solid {accent}; padding: 4px 7px; }}
QPushButton[role="quiet"]:disabled {{ color: {disabled}; }}
QPushButton[role="search"] {{ text-align: left; padding: 5px 10px; color: {muted}; border-color: {border}; }}
QPushButton[role="fold"] {{ background: transparent; border: 2px solid transparent; color: {accent}; padding: 3px 0;
  text-align: left; }}
QPushButton[role="fold"]:focus {{ border-bottom-color: {accent}; border-radius: 0; }}
QToolButton {{ border: 2px solid transparent; border-radius: 6px; padding: 4px; background: transparent; }}
QToolButton:hover {{ background: {hover}; }}
QToolButton:pressed, QToolButton:checked {{ background: {pressed}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton::menu-indicator {{ image: none; }}
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {{ background: {panel}; color: {text};
  border: 1px solid {outline}; border-radius: 6px; padding: 3px 8px;
  selection-background-color: {accent}; selection-color: {accent_text}; }}
QLineEdit, QAbstractSpinBox, QComboBox {{ min-height: 20px; }}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {{
  border: 2px solid {accent}; padding: 2px 7px; }}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{
  border: none; padding: 0 6px; min-height: 0; background: transparent; }}
QComboBox QLineEdit, QComboBox QLineEdit:focus {{ border: none; padding: 0; min-height: 0; background: transparent; }}
QLineEdit {{ lineedit-clear-button-icon: url(icons:close-neutral.svg); }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {disabled}; border-color: {border}; }}
QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"] {{ border: 2px solid {error}; padding: 2px 7px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 18px; border: none; height: 12px;
  subcontrol-origin: border; subcontrol-position: top right; margin: 1px 4px 0 0; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 4px 1px 0; }}
QAbstractSpinBox::up-arrow {{ image: url(icons:chevron-neutral-up.svg); width: 12px; height: 12px; }}
QAbstractSpinBox::down-arrow {{ image: url(icons:chevron-neutral.svg); width: 12px; height: 12px; }}
QAbstractSpinBox[bare="true"]::up-button, QAbstractSpinBox[bare="true"]::down-button {{ width: 0; margin: 0; }}
QAbstractSpinBox[bare="true"]::up-arrow, QAbstractSpinBox[bare="true"]::down-arrow {{ image: none; width: 0; }}
QComboBox {{ combobox-popup: 0; }}
QComboBox QAbstractItemView::item {{ min-height: 26px; padding: 0 6px; }}
QComboBox::drop-down {{ border: none; width: 26px; }}
QComboBox::down-arrow {{ image: url(icons:chevron-neutral.svg); width: 16px; height: 16px; }}
QComboBox QAbstractItemView {{ border: 1px solid {border}; outline: none; background: {panel};
  selection-background-color: {accent_soft}; selection-color: {text}; padding: 4px; }}
QCheckBox, QRadioButton {{ spacing: 8px; }}
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {{ width: 16px; height: 16px;
  border: 1px solid {outline}; border-radius: 4px; background: {panel}; }}
QRadioButton::indicator {{ border-radius: 9px; }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover, QCheckBox::indicator:focus {{ border-color: {accent}; }}
QCheckBox:focus, QRadioButton:focus {{ color: {accent}; }}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{ background: {accent}; border-color: {accent};
  image: url(icons:{tick}.svg); }}
QRadioButton::indicator:checked {{ border: 5px solid {accent}; width: 8px; height: 8px; }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {border}; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {border}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {accent}; }}
QSlider::sub-page:horizontal:disabled {{ background: {disabled}; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
  background: {panel}; border: 1px solid {outline}; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ border: 2px solid {accent}; margin: -6px -1px; }}
QProgressBar {{ border: none; border-radius: 3px; background: {border}; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ border-radius: 3px; background: {accent}; }}
QScrollBar:vertical {{ width: 12px; background: transparent; margin: 0; }}
QScrollBar:horizontal {{ height: 12px; background: transparent; margin: 0; }}
QScrollBar::handle {{ background: {outline}; border-radius: 3px; margin: 3px; min-height: 32px; min-width: 32px; }}
QScrollBar::handle:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolTip {{ background: {text}; color: {panel}; border: none; padding: 6px 8px; }}
QHeaderView {{ background: {window}; }}
QHeaderView[side="true"] {{ background: {panel}; }}
QHeaderView::section {{ background: {window}; color: {muted}; border: none; border-bottom: 1px solid {border};
  padding: 6px 10px; }}
QTableCornerButton::section {{ background: {window}; border: none; border-bottom: 1px solid {border}; }}
QAbstractItemView {{ outline: none; }}
QPushButton, QToolButton {{ outline: none; }}
QTableView, QTreeView, QListView {{ border: 1px solid {border}; padding: 1px; border-radius: 6px; background: {panel};
  gridline-color: {border}; selection-background-color: {accent_soft}; selection-color: {text}; }}
QTableView:focus, QTreeView:focus, QListView:focus {{ border: 2px solid {accent}; padding: 0; }}
QListView[bare="true"], QListView[bare="true"]:focus {{ border: none; padding: 0; }}
QComboBox QAbstractItemView:focus {{ border: 1px solid {border}; padding: 4px; }}
QTabWidget::pane {{ border: none; }}
QTabBar::tab {{ padding: 6px 12px; border: none; border-bottom: 2px solid transparent; color: {muted}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QTabBar::tab:focus {{ color: {accent}; }}
QMenu {{ background: {panel}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {accent_soft}; color: {text}; }}
QSplitter::handle {{ background: transparent; }}
QSplitter::handle:hover {{ background: {border}; }}
"""


def sheet_of(colors: Colors) -> str:
    """The style sheet in ``colors``."""
    return _SHEET.format(**asdict(colors), tick="tick-dark" if colors.dark else "tick-light")
