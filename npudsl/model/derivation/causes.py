"""What the words of a term are, in a sentence, from the cause that the booking gives."""

from __future__ import annotations

from ..formulas import Booking, Product


def sentence_of(booking: Booking, sign: int, product: Product) -> str:
    """What `sign` times `product` counts on the booking's counter."""
    taken = sign < 0
    if booking.cause == "fresh":
        return _fresh(booking, taken, product)
    if taken:
        return _first_time(booking)
    return {
        "fill": _fill,
        "operand": _operand,
        "evict": _evict,
        "combine": _combine,
        "restore": _restore,
        "result": _result,
        "addend": _addend,
    }[booking.cause](booking)


def nothing(booking: Booking) -> str:
    """Why a booking of `combine` or `restore` comes to nothing whatever the factors are; no others do."""
    tensor, edge = booking.edge.tensor.name, booking.edge
    if booking.cause == "combine":
        return f"every word of {tensor} arrives at {edge.parent} once: it never has to read one back or add to one"
    return f"no tile of {tensor} comes back to {edge.child} with words that {edge.parent} has: nothing is restored"


def untouched(place: str, tensor: str, action: str) -> str:
    """Why a counter is 0 that nothing is booked on: writes of an operand to where it is from the start, or a link."""
    if action == "write":
        return f"{tensor} is in {place} from the start: nothing is written to it"
    return f"nothing in this mapping moves {tensor} there"


def _fill(booking: Booking) -> str:
    edge, tensor = booking.edge, booking.edge.tensor.name
    return {
        "read": f"words of {tensor} that {edge.parent} reads to fill {edge.child}",
        "write": f"words of {tensor} that the instances of {edge.child} receive from {edge.parent}",
        "link": f"words of {tensor} that {booking.place} delivers on their way from {edge.parent} to {edge.child}",
    }[booking.counter]


def _operand(booking: Booking) -> str:
    edge, tensor = booking.edge, booking.edge.tensor.name
    if booking.counter == "link":
        return f"words of {tensor} that {booking.place} delivers from {edge.parent} to the operations"
    return f"every operation reads its word of {tensor} from {edge.parent}"


def _evict(booking: Booking) -> str:
    edge, tensor = booking.edge, booking.edge.tensor.name
    return {
        "read": f"tiles of {tensor} that leave {edge.child} are read out",
        "write": f"words of tiles of {tensor} that leave {edge.child}, as they arrive at {edge.parent}",
        "link": f"words of tiles of {tensor} that leave {edge.child} for {edge.parent} over {booking.place}",
    }[booking.counter]


def _combine(booking: Booking) -> str:
    edge = booking.edge
    return (
        f"a word that {edge.parent} has is read each time it arrives again: handed back to {edge.child} "
        "when its tile comes back, or added to"
    )


def _first_time(booking: Booking) -> str:
    return f"but not the first time: what {booking.edge.parent} never received starts from zero"


def _restore(booking: Booking) -> str:
    edge, tensor = booking.edge, booking.edge.tensor.name
    over = f" over {booking.place}" if booking.counter == "link" else ""
    return f"tiles of {tensor} that come back to {edge.child} from {edge.parent}{over}, a word to one instance"


def _result(booking: Booking) -> str:
    edge, tensor = booking.edge, booking.edge.tensor.name
    if booking.counter == "link":
        return f"results of operations on their way to {tensor} in {edge.parent} over {booking.place}"
    return f"every operation writes its result to {tensor} in {edge.parent}"


def _addend(booking: Booking) -> str:
    edge, tensor = booking.edge, booking.edge.tensor.name
    over = f" over {booking.place}" if booking.counter == "link" else ""
    return f"every operation reads the word of {tensor} in {edge.parent} that it adds to{over}"


def _fresh(booking: Booking, taken: bool, product: Product) -> str:
    edge, tensor = booking.edge, booking.edge.tensor.name
    if product.origin is None:
        return f"but the first operation on a word of {tensor} starts from zero and does not read it"
    if product.origin.distinct:
        return f"but the first operation on a word that is new to {edge.parent} starts from zero and does not read it"
    if taken:
        return f"but in every tile of {edge.child} the first operation on a word starts from zero and does not read it"
    return f"save where {edge.parent} hands back what it has: to one instance of {edge.child}, which reads it"
