"""What the reference knows of a case: its duties, each running, met or lapsed, and its breaches."""

IN_FORCE = ("waiting", "open", "paused")
FIRST_WINS = ("open", "paused", "waiting", "lapsed", "late", "met")


class Breach:
    """A violation that was recorded."""

    def __init__(self, name, case=None):
        self.name, self.case, self.excused = name, case, False


class Running:
    """One arming of a duty, or of a state limit; of a duty that each of a list has, one member's."""

    def __init__(self, duty, member=None):
        self.duty, self.member = duty, member
        self.status = None
        self.turn = False            # waiting for its turn, not for the event
        self.spared = False          # by the guard, this time
        self.left = False            # lapsed, and its state left since
        self.seen = 0                # the last happening of its event that was looked at
        self.term = None
        self.extended = 0            # extensions of this arming
        self.known = None            # the due date, while nothing changes
        self.act = None              # the act of the block that was done last
        self.last_day = None         # lapsed: the limit's last day
        self.breaches = []           # lapsed: what violations that recorded

    def runs(self):
        return self.status in ("open", "paused") or self.turn

    def is_(self, x):
        """X: a status or an act of the block."""
        return self.status == x or (self.status in ("met", "late", "lapsed") and self.act == x)


class Group:
    """A duty that each of a list has."""

    def __init__(self, duty):
        self.duty = duty
        self.seen = 0
        self.list = []               # who was in the list at the end of the step before
        self.members = {}            # who ever was -> Running
        self.order = []              # in which they were first asked
        self.asked = False           # the event happened, or the coming
        self.asking = False          # and the case has stayed since
        self.waits = False           # come to, and its event has not happened

    def here(self):
        """Those in the list but whom the guard spared."""
        return [self.members[m] for m in self.list if not self.members[m].spared]

    @property
    def status(self):
        """Of the whole."""
        now = {x.status for x in self.here()}
        for s in FIRST_WINS:
            if s in now:
                return s
        return "waiting" if self.waits else "void" if self.asked else None

    def of(self, member):
        """Who is not in the list has it no longer."""
        return self.members[member] if member in self.list else Running(self.duty, member)

    def runs(self):
        return any(x.runs() for x in self.here())

    def is_(self, x):
        return self.status == x


class Case:
    def __init__(self, proc, number, data):
        self.proc, self.number, self.data = proc, number, data
        self.state = None
        self.came_from = {}          # state -> the state it was entered from
        self.args, self.day_of, self.filed, self.who_did = {}, {}, {}, {}
        self.count = {}              # act rule's citation -> times done
        self.happened = {}           # event -> (sequence, day, instant)
        self.running = {d.name: Group(d) if d.each else Running(d) for d in proc.duties()}
        self.asked = {}              # (act's name, member) -> (rule, arguments, who asked, consents)
        self.breaches = []
        self.last = None             # the day and instant of the latest step
        self.sub = self.parent = None
        self.ended_subs = {}         # procedure -> the case of it that ended last
        self.opener, self.agreed = None, set()       # of a request to start

    def has(self, violation):
        return any(b.name == violation and not b.excused for b in self.breaches)

    def runs(self):
        for run in self.running.values():
            yield from list(run.members.values()) if isinstance(run, Group) else [run]


class Recorded:
    """A report of what a norm speaks of."""

    def __init__(self):
        self.breaches = []

    has = Case.has
