"""Shapes: what a layer gets from what it reads, how axes merge and split, and what is said when they do not fit."""

from __future__ import annotations

import pytest

from npudsl.spec.op import Layer

from .texts import marks, mistake, mistakes, network

IMAGE = "tensor image[n = 4, c = 3, h = 227, w = 227]\n"


def last(body: str, *more: str) -> Layer:
    return network(body, *more).layers[-1]


def test_a_layer_writes_only_what_its_inputs_do_not_fix() -> None:
    layer = last(IMAGE + "layer a = o.conv2d[m = 96, r = 11, s = 11](stride = 4, input = image)")
    assert layer.bound == {"n": 4, "g": 1, "m": 96, "c": 3, "p": 55, "q": 55, "r": 11, "s": 11}
    assert layer.extents == (("input", (4, 1, 3, 227, 227)),)
    assert [(f.tensor, f.producer, f.from_layer) for f in layer.feeds] == [("input", "image", False)]


@pytest.mark.parametrize(
    ("size", "window", "stride", "dilation", "pad", "expected"),
    [(227, 11, 4, 1, 0, 55), (224, 7, 2, 1, 3, 112), (14, 3, 2, 1, 1, 7), (13, 3, 2, 1, 0, 6), (28, 3, 1, 2, 2, 28),
     (12, 5, 5, 1, 0, 2), (7, 1, 2, 1, 0, 4), (8, 3, 3, 2, 1, 2)],
)  # fmt: skip
def test_windows_round_down_as_frameworks_do(
    size: int, window: int, stride: int, dilation: int, pad: int, expected: int
) -> None:
    formula = (size + 2 * pad - dilation * (window - 1) - 1) // stride + 1
    assert formula == expected
    layer = last(
        f"tensor x[n = 1, c = 2, h = {size}, w = {size}]\n"
        f"layer a = o.conv2d[m = 1, r = {window}, s = {window}]"
        f"(stride = {stride}, dilation = {dilation}, pad = {pad}, input = x)"
    )
    assert layer.bound["p"] == expected


def test_a_written_dim_may_round_up_but_no_further() -> None:
    base = "tensor x[n = 1, c = 2, h = 112, w = 112]\nlayer a = o.max_pool[p = {p}, q = {p}, r = 3, s = 3](input = x)"
    assert last(base.format(p=55)).bound["p"] == 55
    assert last(base.format(p=56)).bound["p"] == 56  # ceil mode: the last window reaches one beyond the edge
    for wrong in (54, 57):
        assert mistake(network, base.format(p=wrong)).code == "E301"


def test_global_pooling_takes_its_window_from_the_input() -> None:
    layer = last("tensor x[n = 2, c = 5, h = 7, w = 9]\nlayer a = o.avg_pool[p = 1, q = 1](input = x)")
    assert (layer.bound["r"], layer.bound["s"]) == (7, 9)


@pytest.mark.parametrize("batch", [1, 2, 4, 128, 256])
def test_axes_merge_and_split_alike_for_every_batch(batch: int) -> None:
    net = network(
        f"""tensor x[n = {batch}, c = 4, h = 9, w = 9]
        layer a = o.conv2d[g = 2, m = 128, r = 3, s = 3](input = x)
        layer b = o.max_pool[r = 3, s = 3](stride = 2, input = a)
        layer c = o.conv2d[g = 4, m = 3, r = 1, s = 1](input = b)
        layer d = o.conv2d[g = 1, m = 256, r = 3, s = 3](input = c)
        layer e = o.fc[m = 10](input = d)
        layer f = o.gemm[m = {batch}, n = 7](input = d)
        layer h = o.gemm[n = 5](input = f)"""
    )
    of = {layer.name: layer.bound for layer in net.layers}
    assert (of["a"]["g"], of["a"]["c"]) == (2, 2)  # c -> g, c
    assert (of["b"]["n"], of["b"]["c"]) == (batch, 256)  # g, m -> c
    assert (of["c"]["n"], of["c"]["g"], of["c"]["c"]) == (batch, 4, 64)
    assert (of["d"]["n"], of["d"]["g"], of["d"]["c"]) == (batch, 1, 12)
    assert (of["e"]["n"], of["e"]["c"]) == (batch, 256)  # c, p, q -> c
    assert (of["f"]["b"], of["f"]["m"], of["f"]["k"]) == (1, batch, 256)
    assert (of["h"]["b"], of["h"]["m"], of["h"]["k"]) == (1, batch, 7)


def test_a_rank_that_nothing_fills_is_one() -> None:
    layer = last("tensor x[b = 12, m = 5, n = 6]\nlayer a = o.conv1d[g = 12, c = 5, m = 2, r = 3](input = x)")
    assert (layer.bound["n"], layer.bound["p"]) == (1, 4)


def test_residual_sums_keep_shapes() -> None:
    net = network(
        """tensor x[n = 2, c = 8, h = 6, w = 6]
        layer a = o.conv2d[m = 8, r = 3, s = 3](pad = 1, input = x)
        layer b = o.relu(input = a)
        layer c = o.add(left = b, right = x)
        layer d = o.conv2d[m = 4, r = 1, s = 1](input = c)"""
    )
    assert net.layer("c").bound == {"i": 576}
    assert (net.layer("d").bound["c"], net.layer("d").bound["p"]) == (8, 6)


def test_parts_are_read_one_after_another_along_a_dim() -> None:
    net = network(
        """tensor x[n = 2, c = 8, h = 6, w = 6]
        layer a = o.conv2d[m = 5, r = 3, s = 3](pad = 1, input = x)
        layer b = o.max_pool[r = 3, s = 3](stride = 1, pad = 1, input = x)
        layer d = o.conv2d[m = 4, r = 1, s = 1](input = [a, b, x], along = c)
        layer e = o.concat(input = [a, b], along = c)"""
    )
    assert net.layer("d").bound["c"] == 5 + 8 + 8
    assert net.layer("e").bound == {"n": 2, "c": 13, "p": 6, "q": 6}
    assert [f.producer for f in net.layer("d").feeds] == ["a", "b", "x"]
    assert net.layer("d").extents == (("input", (2, 1, 21, 6, 6)),)


def test_a_transposed_convolution_enlarges() -> None:
    net = network(
        """tensor x[n = 1, g = 1, c = 8, h = 5, w = 5]
        layer a = o.conv2d_transposed[m = 4, r = 4, s = 4](stride = 2, pad = 1, input = x)
        layer b = o.upsample[a = 2, b = 2](factor = 2, input = a)
        layer c = o.relu(input = b)"""
    )
    assert net.layer("b").bound["p"] == 10  # (5 - 1) * 2 + 4 - 2 * 1
    assert net.layer("c").bound == {"i": 4 * 20 * 20}


# ---- what does not fit ---------------------------------------------------------------------------


def test_channels_that_do_not_fit_are_told_as_in_the_examples() -> None:
    found = mistake(
        network,
        """tensor image[n = 1, c = 3, h = 227, w = 227]
        layer conv1 = o.conv2d[m = 96, r = 11, s = 11](stride = 4, input = image)
        layer pool1 = o.max_pool[c = 96, r = 3, s = 3](input = conv1)
        layer conv2 = o.conv2d[g = 2, m = 128, c = 64, r = 5, s = 5](pad = 2, input = pool1)
        layer relu2 = o.relu(input = conv2)""",
    )
    assert found.code == "E301"
    assert found.message == "`conv2` reads 128 along `g` and `c`, but `pool1` produces 96 along `c`"
    assert marks(found) == [
        ("c = 64", "g * c = 2 * 64 = 128"),
        ("c = 96", "c = 96 produced"),
        ("input = pool1", "read here"),
    ]
    assert found.help == "with g = 2, `c = 48` would fit"
    assert found.fix is not None and found.fix.replacement == "c = 48"


def test_a_written_size_that_the_window_does_not_give() -> None:
    found = mistake(network, IMAGE + "layer a = o.conv2d[m = 9, p = 54, r = 11, s = 11](stride = 4, input = image)")
    assert found.message == "`a` computes 54 along `p`, but `image` (h = 227) gives 55"
    assert marks(found) == [("p = 54", "54 here"), ("h = 227", "h = 227 there"), ("input = image", "read here")]
    assert found.notes == ("(227 - (11 - 1) - 1) // 4 + 1 = 55",)


def test_a_window_larger_than_its_input() -> None:
    found = mistake(
        network, "tensor x[n = 1, c = 1, h = 5, w = 9]\nlayer a = o.conv2d[m = 1, r = 9, s = 9](pad = 1, input = x)"
    )
    assert (found.code, found.message) == ("E304", "the window of `a` is larger than `x` along `h`")
    assert marks(found)[:2] == [("r = 9", "9 wide"), ("h = 5", "h = 5 there (7 with padding)")]


def test_what_nothing_fixes() -> None:
    found = mistake(network, IMAGE + "layer a = o.conv2d[r = 3, s = 3](input = image)")
    assert (found.code, found.help) == ("E302", "write `[m = ...]`")
    found = mistake(network, IMAGE + "layer a = o.conv2d[m = 3, s = 3](input = image)")
    assert (found.code, found.message) == ("E302", "nothing fixes `p` and `r` of `a`")


def test_what_can_be_read_in_several_ways() -> None:
    found = mistake(network, "tensor x[a = 6, b = 4, d = 2]\nlayer y = o.fc[m = 3](input = x)")
    assert (found.code, found.help) == ("E303", "write one of them, as in `n = ...`")
    assert last("tensor x[a = 6, b = 4, d = 2]\nlayer y = o.fc[n = 6, m = 3](input = x)").bound["c"] == 8


def test_sums_of_different_shapes() -> None:
    found = mistake(network, "tensor x[a = 6, b = 4]\ntensor y[a = 4, b = 6]\nlayer z = o.add(left = x, right = y)")
    assert found.message == "`z` reads `x` as [a = 6, b = 4], but `y` is [a = 4, b = 6]"
    found = mistake(network, "tensor x[a = 6]\ntensor y[a = 4]\nlayer z = o.add(left = x, right = y)")
    assert found.message == "`z` reads 6 along `i`, but `y` has 4 along `a`"


def test_lists_of_parts_that_make_no_sense() -> None:
    two = "tensor x[n = 1, c = 2, p = 3, q = 3]\ntensor y[n = 1, c = 4, p = 3, q = 3]\n"
    found = mistake(network, two + "layer z = o.concat(input = [x, y])")
    assert found.code == "E307" and found.help is not None and "along = c" in found.help
    assert mistake(network, two + "layer z = o.concat(input = [x, y], along = w)").code == "E307"
    assert mistake(network, two + "layer z = o.concat(input = x, along = c)").code == "E307"
    assert mistake(network, two + "layer z = o.concat(input = [], along = c)").code == "E307"
    assert mistake(network, two + "layer z = o.concat(input = [x, 3], along = c)").code == "E307"
    assert mistake(network, two + "layer z = o.concat(input = [x, y], along = p)").code == "E301"
    found = mistake(network, two + "layer z = o.concat[c = 7](input = [x, y], along = c)")
    assert found.message == "`z` reads 7 along `c`, but the parts have 6 together"


def test_names_and_arguments_that_do_not_exist() -> None:
    assert mistake(network, IMAGE + "layer a = o.relu(input = imag)").help == "did you mean `image`?"
    assert mistake(network, IMAGE + "layer a = o.relu(inptu = image)").help == "did you mean `input`?"
    assert mistake(network, IMAGE + "layer a = o.rellu(input = image)").code == "E201"
    assert mistake(network, IMAGE + "layer a = o.relu[j = 2](input = image)").code == "E204"
    assert mistake(network, IMAGE + "layer a = o.relu(image)").code == "E204"
    assert mistake(network, IMAGE + "layer a = o.relu(input = image, input = image)").code == "E204"
    assert mistake(network, "layer a = o.relu(input = b)\nlayer b = o.relu[i = 3]()").code == "E201"
    assert mistake(network, IMAGE + "layer a = o(input = image)").code == "E207"


def test_one_mistake_does_not_hide_or_cause_others() -> None:
    found = mistakes(
        network,
        IMAGE
        + """layer a = o.conv2d[m = 9, r = 300, s = 3](input = image)
        layer b = o.relu(input = a)
        layer c = o.relu(input = imag)""",
    )
    assert [d.code for d in found] == ["E304", "E201"]
