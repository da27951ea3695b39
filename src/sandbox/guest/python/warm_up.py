"""Calls that programs are likely to make first. In the zygote they load what is loaded lazily; in each child they copy
the pages that the first use would copy, before anybody waits for it: 5.6 ms of a first `groupby` become about 1 ms."""

import json
import sys
import warnings

import describe_error
import encode_value

_PROGRAM = "import json\ndef f(a, b=1):\n    return [a, b, f'{a:.2f}']\nvalue = f(1.5)\n"


def run():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _plain_python()
        if "pandas" in sys.modules:
            _tables(sys.modules["numpy"], sys.modules["pandas"])
        elif "numpy" in sys.modules:
            _arrays(sys.modules["numpy"])


def _plain_python():
    names = {}
    exec(compile(_PROGRAM, "<program>", "exec"), names)
    encoder = encode_value.Encoder(1 << 20)
    encoder.encode({"a": [1, 2.5, None, float("nan")], "b": names["value"], "c": "é"})
    json.loads(json.dumps({"a": [1, 2, {"b": 3}]}))
    try:
        raise ValueError("warm-up")
    except ValueError as error:
        code, record = describe_error.describe(error)
        encoder.encode_error(record, code)


def _arrays(numpy):
    values = numpy.linspace(1.0, 2.0, 50)
    numpy.linalg.inv(numpy.eye(3) + 0.1)
    numpy.random.default_rng().normal(size=8)
    return float(numpy.log(values[1:] / values[:-1]).std())


def _tables(numpy, pandas):
    """Only what pays: 2 to 3 ms saved at the first use for each of these; `describe`, `merge` … cost as much as they save."""
    import io

    encoder = encode_value.Encoder(1 << 20)
    encoder.encode(pandas.DataFrame({"a": [1, 2, 3]}).a.std())
    _arrays(numpy)
    text = "day,name,value\n2024-01-01,a,1.5\n2024-01-02,b,2.5\n2024-01-03,a,\n"
    frame = pandas.read_csv(io.StringIO(text), parse_dates=["day"])
    encoder.encode(frame.groupby("name")["value"].sum())


def draw_once():
    """In the zygote only: a first figure loads fonts and a backend, some 150 ms that no execution has to wait for then."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    import io

    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3], label="a")
    axes.set_title("a")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    pyplot.close("all")
