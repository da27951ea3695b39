"""Another clock, other seeds, another folder and other environment variables for a tool, in this process. Second part of a
program that the host puts together. Not reached: `numpy.datetime64('today')`, which asks the system below Python."""

import datetime
import os
import random
import sys
import time

_REAL_DATE, _REAL_DATETIME = datetime.date, datetime.datetime
_REAL_TIME = time.time


class World:
    """What `settings` say: `clock` (epoch seconds at the start), `seed`, `timeZone`, `folder`, `environment` (added to every value)."""

    def __init__(self, settings, reads):
        self._settings = settings
        self._reads = reads
        self._offset = settings["clock"] - _REAL_TIME()

    def enter(self):
        folder = self._settings["folder"]
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)
        os.environ["TZ"] = self._settings["timeZone"]
        time.tzset()
        self._change_environment()
        self._change_clock()
        self._change_dates()

    def reseed(self):
        """Before every call: what a call draws does not depend on the calls before it."""
        seed = self._settings["seed"]
        random.seed(seed)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            numpy.random.seed(seed)

    def _now(self, name):
        if was_called_by_tool():
            self._reads.note("clock", name)
        return _REAL_TIME() + self._offset

    def _change_environment(self):
        real, reads, suffix = os._Environ.__getitem__, self._reads, self._settings["environment"]

        def read(environment, key):
            if not is_asked_by_tool():
                return real(environment, key)
            reads.note("environment", key)
            return real(environment, key) + suffix

        os._Environ.__getitem__ = read

    def _change_clock(self):
        now = self._now
        time.time = lambda: now("time.time")
        time.time_ns = lambda: int(now("time.time_ns") * 1e9)
        # Only differences of these two mean anything, but as a number they must not enter a result.
        time.monotonic = lambda: now("time.monotonic")
        time.perf_counter = lambda: now("time.perf_counter")
        for name in ("localtime", "gmtime", "ctime"):
            setattr(time, name, _with_default(getattr(time, name), lambda name=name: now(f"time.{name}")))
        real_strftime, real_asctime, local = time.strftime, time.asctime, time.localtime
        time.strftime = lambda form, moment=None: real_strftime(form, local() if moment is None else moment)
        time.asctime = lambda moment=None: real_asctime(local() if moment is None else moment)

    def _change_dates(self):
        fake_date, fake_datetime = _fake_dates(self._now)
        datetime.date, datetime.datetime = fake_date, fake_datetime
        pandas = sys.modules.get("pandas")
        if pandas is not None:
            stamp = pandas.Timestamp
            stamp.now = staticmethod(lambda tz=None: stamp(fake_datetime.now(), tz=tz))
            stamp.today = stamp.now
            stamp.utcnow = staticmethod(lambda: stamp(fake_datetime.now(datetime.timezone.utc)))


def _with_default(function, now):
    return lambda seconds=None: function(now() if seconds is None else seconds)


class _SameInstances(type):
    """The real type's instances are this one's too: nothing else than the clock is to change."""

    def __instancecheck__(cls, value):
        return isinstance(value, cls.real)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls.real)


def _fake_dates(now):
    class FakeDate(_REAL_DATE, metaclass=_SameInstances):
        real = _REAL_DATE

        def __new__(cls, *args, **kwargs):
            return _REAL_DATE.__new__(_REAL_DATE if cls is FakeDate else cls, *args, **kwargs)

        @classmethod
        def today(cls):
            return _REAL_DATE.fromtimestamp(now("date.today"))

    class FakeDatetime(_REAL_DATETIME, metaclass=_SameInstances):
        real = _REAL_DATETIME

        def __new__(cls, *args, **kwargs):
            return _REAL_DATETIME.__new__(_REAL_DATETIME if cls is FakeDatetime else cls, *args, **kwargs)

        @classmethod
        def now(cls, tz=None):
            return _REAL_DATETIME.fromtimestamp(now("datetime.now"), tz)

        @classmethod
        def today(cls):
            return cls.now()

        @classmethod
        def utcnow(cls):
            return cls.now(datetime.timezone.utc).replace(tzinfo=None)

    return FakeDate, FakeDatetime
