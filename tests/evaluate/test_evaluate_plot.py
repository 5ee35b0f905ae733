from xml.etree import ElementTree

import pytest

from reverse_oldify.evaluate.plot import Axis, Series, axis_over, plot

X, Y = Axis(label="x & y", low=0, high=10), Axis(label="<y>", low=0, high=1)


def drawn(*series, **flags):
    return ElementTree.fromstring(plot(X, Y, series, **flags))


def test_points_go_where_the_axes_say():
    figure = drawn(Series(label="a", x=[0, 10, 5], y=[0, 1, 0.5], colour=0, mark="dots"))
    places = [(float(c.get("cx")), float(c.get("cy"))) for c in figure.iter("circle")]
    (left, bottom), (right, top), middle = places
    assert left < right
    assert top < bottom
    assert middle == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=0.1)


def test_values_beyond_the_axis_stay_on_its_rim():
    figure = drawn(Series(label="a", x=[10, 99], y=[1, 7], colour=0, mark="dots"))
    first, second = ((c.get("cx"), c.get("cy")) for c in figure.iter("circle"))
    assert first == second


def test_text_is_escaped_and_legend_names_every_series():
    series = [Series(label=f"<b>{n}", x=[1], y=[1], colour=n) for n in range(3)]
    text = "".join(drawn(*series).itertext())
    assert all(f"<b>{n}" in text for n in range(3))
    assert "x & y" in text


def test_marks_and_diagonal():
    line = Series(label="a", x=[1, 2], y=[0, 1], colour=1)
    both = Series(label="b", x=[1, 2], y=[0, 1], colour=2, mark="both")
    classes = [e.get("class") for e in drawn(line, both, diagonal=True).iter() if e.get("class")]
    assert classes.count("line s1") == classes.count("line s2") == 1
    assert classes.count("dot s2") == 2
    assert "dot s1" not in classes
    assert "diagonal" in classes


@pytest.mark.parametrize("largest", [0.0, 0.003, 1.0, 7.3, 59.99, 1e5])
def test_axis_holds_its_values_with_a_few_round_ticks(largest):
    axis = axis_over("", [largest])
    assert axis.low == 0
    assert axis.high >= largest
    assert 2 <= len(axis.ticks()) <= 7


def test_dots_are_as_large_as_their_shares():
    shares = [0.64, 0.16, 0.0001]
    figure = drawn(
        Series(label="a", x=[0, 1, 2], y=[0, 1, 2], colour=0, mark="both", shares=shares)
    )
    assert [float(c.get("r")) for c in figure.iter("circle")] == [8.0, 4.0, 0.8]
