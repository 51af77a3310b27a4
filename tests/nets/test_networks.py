"""Networks: sub-networks as layers, repeats, parameters, limits, and the summary that `show` prints."""

from __future__ import annotations

import time

import pytest

from npudsl.spec.loader import load_text
from npudsl.spec.network import is_template
from npudsl.spec.summary import network_summary
from npudsl.syntax import tree
from npudsl.text.diagnostics import SpecError

from .texts import marks, mistake, mistakes, network

BLOCK = """network block(width: int = 8) {
    tensor x[n, c, h, w]
    layer a = o.conv2d[m = width, r = 3, s = 3](pad = 1, input = x)
    layer b = o.conv2d[m = x.c, r = 1, s = 1](input = a)
    layer sum = o.add(left = b, right = x)
}"""
INPUT = "tensor image[n = 2, c = 4, h = 6, w = 6]\n"


def test_a_network_is_a_layer_of_another() -> None:
    net = network(INPUT + "layer one = block(x = image)\nlayer two = block(width = 5, x = one) repeat 3", BLOCK)
    assert [layer.name for layer in net.layers] == ["one.a", "one.b", "one.sum", "two.a", "two.b", "two.sum"]
    assert [layer.repeat for layer in net.layers] == [1, 1, 1, 3, 3, 3]
    assert net.layer("two.b").bound["m"] == 4  # x.c: the size of an axis is a number in expressions
    feeds = {layer.name: [f.producer for f in layer.feeds] for layer in net.layers}
    assert feeds["one.a"] == ["image"] and feeds["two.a"] == ["one.sum"] and feeds["two.sum"] == ["two.b", "one.sum"]
    assert [(t.name, t.axes) for t in net.tensors] == [("image", (("n", 2), ("c", 4), ("h", 6), ("w", 6)))]


def test_layers_inside_can_be_read_by_their_path() -> None:
    net = network(INPUT + "layer one = block(width = 5, x = image)\nlayer skip = o.relu(input = one.a)", BLOCK)
    assert net.layer("skip").bound == {"i": 2 * 5 * 36}
    assert [f.producer for f in net.layer("skip").feeds] == ["one.a"]


def test_repeats_multiply() -> None:
    outer = "network outer {\n tensor x[n, c, h, w]\n layer in = block(x = x) repeat 2\n}"
    net = network(INPUT + "layer all = outer(x = image) repeat 5", BLOCK, outer)
    assert {layer.repeat for layer in net.layers} == {10}
    assert net.layers[0].name == "all.in.a"


def test_a_tensor_without_binding_is_an_input_of_its_own() -> None:
    cache = "network attend {\n tensor q[b = 1, m = 2, k = 8]\n layer s = o.matmul_nt(left = q, right = q)\n}"
    net = network("layer a = attend()", cache)
    assert [t.name for t in net.tensors] == ["a.q"]
    assert net.layers[0].bound == {"b": 1, "m": 2, "n": 2, "k": 8}


def test_parts_can_be_bound_to_a_tensor() -> None:
    net = network(INPUT + "layer one = block(x = [image, image], along = c)", BLOCK)
    assert net.layer("one.a").bound["c"] == 8
    assert [f.producer for f in net.layer("one.a").feeds] == ["image", "image"]


def test_the_summary_counts_macs_and_weights() -> None:
    net = network(
        INPUT + "layer a = o.conv2d[m = 5, r = 3, s = 3](pad = 1, input = image) repeat 2\n"
        "layer b = o.relu(input = a)\nlayer c = o.matmul_nt[b = 1, m = 10, n = 10](left = b, right = b)\n"
        "layer d = o.channel_bias(input = a)"
    )
    summary = network_summary(net)
    layers = {layer["name"]: layer for layer in summary["layers"]}  # type: ignore[attr-defined, index]
    assert layers["a"]["macs"] == 2 * 5 * 4 * 36 * 9 and layers["a"]["weights"] == 5 * 4 * 9
    assert (layers["b"]["macs"], layers["b"]["ops"], layers["b"]["weights"]) == (0, 360, 0)
    assert layers["c"]["weights"] == 0  # both operands are produced by layers
    assert layers["d"]["weights"] == 0  # a bias is no weight
    total = 2 * layers["a"]["macs"] + layers["c"]["macs"]
    assert summary["total"] == {"macs": total, "ops": 360 + 360, "weights": 2 * 180}


def test_shared_weights_count_once() -> None:
    net = network(
        "tensor x[b = 1, m = 3, k = 4]\ntensor w[k = 4, n = 4]\n"
        "layer a = o.gemm(input = x, weight = w)\nlayer b = o.gemm(input = a, weight = w)"
    )
    assert net.layers[1].bound == {"b": 1, "m": 3, "n": 4, "k": 4}
    assert network_summary(net)["total"]["weights"] == 16  # type: ignore[index]


# ---- mistakes and limits ---------------------------------------------------------------------------


def test_a_network_inside_itself() -> None:
    again = "network a {\n tensor x[n, c, h, w]\n layer y = b(x = x)\n}"
    back = "network b {\n tensor x[n, c, h, w]\n layer z = a(x = x)\n}"
    found = mistake(network, INPUT + "layer t = a(x = image)", again, back)
    assert (found.code, found.notes) == ("E306", ("a -> b -> a",))


def test_networks_nested_too_deep() -> None:
    chain = [f"network n{i} {{\n tensor x[i = 4]\n layer y = n{i + 1}(x = x)\n}}" for i in range(100)]
    end = "network n100 {\n tensor x[i = 4]\n layer y = o.relu(input = x)\n}"
    found = mistake(network, "tensor x[i = 4]\nlayer y = n0(x = x)", *chain, end)
    assert found.code == "E306" and "nest at most" in found.message


def test_too_many_layers_end_quickly() -> None:
    base = "network n0 {\n tensor x[i = 4]\n layer y = o.relu(input = x)\n}"
    def_ = "network n{0} {{\n tensor x[i = 4]\n" + "".join(f" layer y{k} = n{{1}}(x = x)\n" for k in range(20)) + "}}"
    chain = [def_.format(i, i - 1) for i in range(1, 8)]
    begin = time.perf_counter()
    found = mistakes(network, "tensor x[i = 4]\nlayer y = n7(x = x)", base, *chain)
    assert {d.code for d in found} == {"E306"}
    assert time.perf_counter() - begin < 20


@pytest.mark.parametrize(
    ("repeat", "code"), [("0", "E308"), ("-1", "E308"), ("10^7", "E308"), ("1.5", "E103"), ("2 KiB", "E102")]
)
def test_repeats_that_make_no_sense(repeat: str, code: str) -> None:
    assert mistake(network, INPUT + f"layer a = o.relu(input = image) repeat {repeat}").code == code


def test_a_network_that_cannot_follow_itself() -> None:
    half = "network half {\n tensor x[n, c, h, w]\n layer y = o.max_pool[r = 2, s = 2](input = x)\n}"
    found = mistake(network, INPUT + "layer y = half(x = image) repeat 2", half)
    assert found.code == "E308" and "cannot follow itself" in found.message
    assert marks(found)[0] == ("2", "repeated here")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("layer a = o.gemm[m = 10^30, n = 1, k = 1]()", "E305"),
        ("layer a = o.gemm[m = 10^7, n = 10^7, k = 10^7]()", "E305"),
        ("layer a = o.gemm[m = 0, n = 1, k = 1, b = 1]()", "E305"),
        ("tensor x[i = 10^30]\nlayer a = o.relu(input = x)", "E305"),
        ("tensor x[i = -4]\nlayer a = o.relu(input = x)", "E305"),
        ("tensor x[i = 2.5]\nlayer a = o.relu(input = x)", "E103"),
        ("tensor x[i]\nlayer a = o.relu(input = x)", "E302"),
        ("tensor x[i = 2, i = 3]\nlayer a = o.relu(input = x)", "E203"),
        ("tensor x[2]\nlayer a = o.relu(input = x)", "E307"),
        ("tensor x[i = 2]", "E309"),
        ("let a = 2", "E309"),
        ("tensor x[i = 2]\ntensor x[i = 3]\nlayer a = o.relu(input = x)", "E203"),
        ("assert 1 > 2\nlayer a = o.relu[i = 3]()", "E107"),
        ("layer a = o.relu[i = y.z]()", "E201"),
    ],
)
def test_what_is_no_network(text: str, code: str) -> None:
    assert code in {d.code for d in mistakes(network, text)}


def test_arguments_of_a_network() -> None:
    assert mistake(network, INPUT + "layer a = block[n = 2](x = image)", BLOCK).code == "E307"
    assert mistake(network, INPUT + "layer a = block(y = image)", BLOCK).code == "E204"
    assert mistake(network, INPUT + "layer a = block(width = 0, x = image)", BLOCK).code == "E305"
    assert mistake(network, INPUT + "layer a = block()", BLOCK).code == "E302"
    sized = "network sized {\n tensor x[n = 2, c = 5, h, w]\n layer r = o.relu(input = x)\n}"
    found = mistake(network, INPUT + "layer a = sized(x = image)", sized)
    assert found.code == "E301" and "`c`" in found.message


def test_templates_are_only_layers_of_others() -> None:
    program = load_text("import std.ops as o\n" + BLOCK + "\nnetwork net {\n layer a = o.relu[i = 2]()\n}\n")
    decls = {d.name.text: d for d in program.module.file.declarations if isinstance(d, tree.NetworkDecl)}
    assert is_template(decls["block"]) and not is_template(decls["net"])


def test_a_long_network_is_quick() -> None:
    body = "tensor x0[n = 1, c = 8, h = 9, w = 9]\n" + "\n".join(
        f"layer x{i + 1} = o.conv2d[m = 8, r = 3, s = 3](pad = 1, input = x{i})" for i in range(500)
    )
    begin = time.perf_counter()
    assert len(network(body).layers) == 500
    assert time.perf_counter() - begin < 5


def test_every_mistake_is_a_diagnostic() -> None:
    for broken in ("layer a = o.conv2d", "layer a = 3", "tensor x", "layer = o.relu()"):
        with pytest.raises(SpecError):
            network(broken)
            load_text(f"import std.ops as o\nnetwork net {{\n{broken}\n}}\n").module.all_diagnostics()
