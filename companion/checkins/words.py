"""What movements, everyday things, rhythms and circumstances are called on the page."""

from flask_babel import lazy_gettext as _l

MOVEMENT_WORDS = {
    "lift_wrist": _l("Lift the wrist"),
    "straighten_fingers": _l("Straighten the fingers"),
    "pinch": _l("Pinch"),
    "spread_fingers": _l("Spread the fingers"),
    "lift_foot": _l("Lift the foot"),
}
MOVEMENT_HINTS = {
    "lift_wrist": _l("Arm on the table, hand over the edge. Lift the hand."),
    "straighten_fingers": _l("Make a loose fist. Open it until the fingers are straight."),
    "pinch": _l("Hold a sheet of paper between thumb and first finger."),
    "spread_fingers": _l("Hand flat on the table. Move the fingers apart."),
    "lift_foot": _l("Sit with the heel on the floor. Lift the toes."),
}
MOVEMENT_PICTURES = {
    "lift_wrist": _l("Drawing: an arm lies on a table, the hand is lifted at the wrist"),
    "straighten_fingers": _l("Drawing: a hand with four straight fingers"),
    "pinch": _l("Drawing: thumb and first finger hold a sheet of paper"),
    "spread_fingers": _l("Drawing: a flat hand with the fingers apart"),
    "lift_foot": _l("Drawing: the heel is on the floor, the toes are lifted"),
}
MOVEMENT_ANSWER_WORDS = {"as_usual": _l("As usual"), "weaker": _l("Weaker"), "cannot": _l("Cannot")}
DAILY_WORDS = {
    "key": _l("Turn a key"),
    "buttons": _l("Do up buttons"),
    "jar": _l("Open a jar"),
    "pen": _l("Write with a pen"),
    "cutlery": _l("Use chopsticks or a fork"),
    "phone": _l("Type on a phone"),
    "zip": _l("Close a zip"),
    "heavy_bag": _l("Carry a heavy bag"),
}
DAILY_ANSWER_WORDS = {"easy": _l("Easy"), "with_effort": _l("With effort"), "cannot": _l("Cannot")}
SIDE_WORDS = {"left": _l("Left side"), "right": _l("Right side")}
WARMTH_WORDS = {"warm": _l("Warm"), "cool": _l("Cool"), "cold": _l("Cold")}
CONTEXT_WORDS = {
    "cold_outside": _l("Cold outside"),
    "ill": _l("I am ill"),
    "unusual_work": _l("Unusual work for the hands"),
}
RHYTHM_WORDS = {
    "daily": _l("Every day"),
    "second_day": _l("Every second day"),
    "weekly": _l("Once a week"),
    "around_infusions": _l("Only around infusions"),
}
PART_WORDS = {
    "movements": _l("Movement check, once a week"),
    "daily_hands": _l("Daily-hands list, every two weeks"),
    "tapping": _l("Tapping test, once a week"),
}
