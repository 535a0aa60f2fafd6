"""A list of loops: thumbnail, name, what it is, and a star. Knows rows by item roles alone."""

from enum import IntEnum

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from loopgen_app.colours import colour
from loopgen_app.icons import icon
from loopgen_app.theme import font
from loopgen_app.widgets.drag_tile import is_held, paint_peaks
from loopgen_app.widgets.elided_name import elided_name

ROW_HEIGHT = 36
THUMB = 74
STAR = 34
Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What a model tells of a row beside its name (DisplayRole)."""

    ID = Qt.ItemDataRole.UserRole + 1
    DETAIL = Qt.ItemDataRole.UserRole + 2
    PEAKS = Qt.ItemDataRole.UserRole + 3
    FAVOURITE = Qt.ItemDataRole.UserRole + 4
    STATE = Qt.ItemDataRole.UserRole + 5


class LoopDelegate(QStyledItemDelegate):
    """Paints one row. STATE is "", "playing", "cued" or "other"."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are as high."""
        del index
        return QSize(option.rect.width(), ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Thumbnail, name, detail, star."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = index.data(Role.STATE)
        box = QRectF(option.rect).adjusted(2, 2, -4, -2)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or hovered or state == "playing":
            painter.setBrush(colour("hover" if chosen else "raised"))
            painter.drawRoundedRect(box, 7, 7)
        live = state == "playing"
        if live:
            painter.setBrush(colour("accent"))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + 8, 3, box.height() - 16), 1.5, 1.5)
        paint_peaks(
            painter, QRectF(box.left() + 12, box.top() + 8, THUMB - 16, box.height() - 16), index.data(Role.PEAKS),
            "accent" if live else "faint",
        )  # fmt: skip
        words = QRectF(box.left() + THUMB + 6, box.top() + 3, box.width() - THUMB - STAR - 10, box.height() - 6)
        self._paint_words(painter, words, index, live=live)
        favourite = bool(index.data(Role.FAVOURITE))
        star = icon("star-filled", "accent") if favourite else icon("star", "soft" if hovered or chosen else "faint")
        star.paint(painter, round(box.right()) - STAR + 4, round(box.center().y()) - 10, 20, 20)
        painter.restore()

    @staticmethod
    def _paint_words(painter: QPainter, words: QRectF, index: Index, *, live: bool) -> None:
        badge = {"playing": "", "cued": "next", "other": "B"}.get(index.data(Role.STATE), "")
        painter.setFont(font(13, QFont.Weight.DemiBold))
        painter.setPen(colour("accent" if live else "text"))
        upper, lower = words.adjusted(0, 0, 0, -words.height() / 2), words.adjusted(0, words.height() / 2, 0, 0)
        name, metrics = str(index.data(Qt.ItemDataRole.DisplayRole)), painter.fontMetrics()
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        room = round(words.width()) - (metrics.horizontalAdvance(badge) + 12 if badge else 0)
        painter.drawText(upper, flags, elided_name(metrics, name, room))
        if badge:
            painter.setPen(colour("accent"))
            painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, badge)
        painter.setFont(font(12))
        painter.setPen(colour("soft"))
        detail = painter.fontMetrics().elidedText(
            index.data(Role.DETAIL), Qt.TextElideMode.ElideRight, round(words.width())
        )
        painter.drawText(lower, flags, detail)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A field for the name; Enter takes it, Escape leaves it, losing the focus takes it."""
        del option, index
        field = NameField(parent)
        field.setObjectName("nameField")
        field.setAccessibleName("Name of the loop")
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """The name, once: what is typed stays, whatever becomes of the row meanwhile."""
        if isinstance(editor, NameField) and not editor.filled:
            editor.filled = True
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """The name that was typed goes to the row, if it is another one."""
        if isinstance(editor, NameField) and editor.text() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """Where the words of the row are."""
        del index
        box = option.rect
        editor.setGeometry(box.adjusted(THUMB + 2, (box.height() - 32) // 2, -STAR - 4, -((box.height() - 32) // 2)))

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """A click on the star toggles it through the model."""
        mouse = event if isinstance(event, QMouseEvent) else None
        released = mouse is not None and event.type() == QEvent.Type.MouseButtonRelease
        if mouse is not None and released and mouse.position().x() > option.rect.right() - STAR - 2:
            return model.setData(index, not index.data(Role.FAVOURITE), Role.FAVOURITE)
        return super().editorEvent(event, model, option, index)


class NameField(QLineEdit):
    """Keeps every key to itself: Enter, passed on to the list, would play the loop."""

    filled = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type."""
        super().keyPressEvent(event)
        event.accept()


class LoopList(QListView):
    """Emits what the user wants with a row's id: play it, delete it, favour it, drag it, or see its menu.

    `takeAsked(id, older)` is for the take that is so many places older than the one that the row shows.
    """

    playAsked = Signal(int)
    deleteAsked = Signal(int)
    favouriteAsked = Signal(int)
    dragAsked = Signal(int)
    takeAsked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(LoopDelegate(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self._pressed: QPointF | None = None
        self._held_back = False
        self.empty_title, self.empty_hint = "", ""

    def count(self) -> int:
        """Number of rows."""
        model = self.model()
        return model.rowCount() if model is not None else 0

    def current_id(self) -> int | None:
        """Id of the current row."""
        index = self.currentIndex()
        return int(index.data(Role.ID)) if index.isValid() else None

    def chosen_ids(self) -> list[int]:
        """Ids of the rows that are selected, from the top; the current one where none is."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        ids = [int(self.model().index(row, 0).data(Role.ID)) for row in rows]
        current = self.current_id()
        return ids or ([current] if current is not None else [])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down play what they reach, Right and Left older and newer takes; Enter plays, Delete deletes, F
        favours, F2 renames."""
        current = self.current_id()
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current is not None:
            self.playAsked.emit(current)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and current is not None:
            self.deleteAsked.emit(current)
        elif key == Qt.Key.Key_F and current is not None:
            self.favouriteAsked.emit(current)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Left) and current is not None:
            self.takeAsked.emit(current, 1 if key == Qt.Key.Key_Right else -1)
        elif key == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.current_id() not in (None, current):
                self.playAsked.emit(self.current_id())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin; one of several rows that are selected drags them all."""
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = event.position() if left else None
        index = self.indexAt(event.position().toPoint())
        several = index.isValid() and self.selectionModel().isSelected(index) and len(self.selectedIndexes()) > 1
        self._held_back = several and event.modifiers() == Qt.KeyboardModifier.NoModifier
        if not self._held_back:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin a drag of the row under the pointer, as long as the button is held."""
        if not is_held(event):
            self._pressed = None
            super().mouseMoveEvent(event)
            return
        pressed, current = self._pressed, self.current_id()
        far = QApplication.startDragDistance()
        if pressed is not None and current is not None and (event.position() - pressed).manhattanLength() >= far:
            self._pressed = None
            self.dragAsked.emit(current)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click plays its row; one on the star does not, nor one that only selects."""
        pressed, self._pressed = self._pressed, None
        index = self.indexAt(event.position().toPoint())
        if self._held_back and pressed is not None and index.isValid():  # no drag came of it: it was a click
            self.setCurrentIndex(index)
        self._held_back = False
        super().mouseReleaseEvent(event)
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return
        on_star = event.position().x() > self.visualRect(index).right() - STAR - 2
        if pressed is not None and not on_star and index.isValid() and index == self.currentIndex():
            self.playAsked.emit(index.data(Role.ID))

    def paintEvent(self, event: object) -> None:
        """An empty list says what will be in it."""
        super().paintEvent(event)  # type: ignore[arg-type]
        if self.count() == 0 and self.empty_title:
            painter = QPainter(self.viewport())
            box = QRectF(self.viewport().rect())
            painter.setPen(colour("soft"))
            painter.setFont(font(14, QFont.Weight.DemiBold))
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box.adjusted(16, box.height() / 2 - 26, -16, 0), flags, self.empty_title)
            painter.setPen(colour("faint"))
            painter.setFont(font(12))
            painter.drawText(box.adjusted(16, box.height() / 2 - 2, -16, 0), flags, self.empty_hint)
