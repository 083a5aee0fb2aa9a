/* What a name has swallowed: Chinese clauses written without a space are part of the word before them, and what they
** say is lost without a trace. Which words these are, the tables say (keywords.def: CLAUSE, AROUND).
*/
#include <string.h>

#include "lang/base/cite.h"
#include "lang/syntax/names.h"

enum { LONGEST = 240, DEEPEST = 8 }; /* bytes of a name that is looked at; clauses in one */

enum where { FRONT, BEHIND, OFFICE, APART };
enum mode { OF_ACT, OF_OFFICE, OF_ANY }; /* whose name: or any word, to be set apart */

/* Spellings, separated by ';'. */
struct word {
    enum bf_word word;
    const char *zh, *variants;
};
static const struct word clauses[] = {
#define HARD(id, zh, variants)
#define SOFT(id, zh, variants)
#define HINGE(id, zh, variants)
#define CLAUSE(id, zh, variants) {BF_W_##id, zh, variants},
#define KEYWORD(id, token, kind, en, zh, variants) kind(id, zh, variants)
#include "lang/defs/keywords.def"
#undef HARD
#undef SOFT
#undef HINGE
#undef CLAUSE
};
static const struct word words[] = {
#define KEYWORD(id, token, kind, en, zh, variants) [BF_W_##id] = {BF_W_##id, zh, variants},
#include "lang/defs/keywords.def"
};
static const struct {
    enum bf_word open, close;
    enum where where;
} arounds[] = {
#define AROUND(open, close, where) {BF_W_##open, BF_W_##close, where},
#include "lang/defs/keywords.def"
};

/* Where a clause stands in s: its first word, what is inside, its last word. A clause of one word has no inside. */
struct clause {
    uint32_t at, inside, close, end;
    enum bf_word word, last;
    uint32_t times; /* 次, 0: none */
};

static bf_str part(bf_str s, uint32_t from, uint32_t to) { return (bf_str){s.p + from, to - from}; }

static bool stands(bf_str s, uint32_t at, const char *z, uint32_t len) {
    return len && s.len - at >= len && !memcmp(s.p + at, z, len);
}

/* Bytes of the longest spelling of w at `at` that has at least `least` bytes; 0: none. */
static uint32_t spelled(bf_str s, uint32_t at, const struct word *w, uint32_t least) {
    uint32_t n = (uint32_t)strlen(w->zh), best = n >= least && stands(s, at, w->zh, n) ? n : 0;
    for (const char *v = w->variants; *v; v += strcspn(v, ";"), v += *v == ';') {
        n = (uint32_t)strcspn(v, ";");
        if (n >= least && n > best && stands(s, at, v, n))
            best = n;
    }
    return best;
}

static bool one_word(bf_str s, uint32_t at, struct clause *c) {
    bool found = false;
    c->end = at;
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        uint32_t n = clauses[i].word == BF_W_ONCE ? 0 : spelled(s, at, &clauses[i], 6);
        if (n && at + n > c->end) {
            *c =
                (struct clause){.at = at, .inside = at + n, .end = at + n, .word = clauses[i].word};
            found = true;
        }
    }
    uint32_t n = stands(s, at, "并", 3) ? spelled(s, at + 3, &words[BF_W_NOTIFY], 3) : 0;
    if (n) {
        *c =
            (struct clause){.at = at, .inside = at + 3 + n, .end = at + 3 + n, .word = BF_W_SAYING};
        found = true;
    }
    c->close = c->end;
    return found;
}

/* 三次 ends a name, or stands before another clause: 一次性 is a word. */
static bool times(bf_str s, uint32_t at, struct clause *c) {
    static const char *const limits[] = {"至多", "最多", "不超过"};
    uint32_t from = at, n = 0;
    struct clause next;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (stands(s, at, limits[i], (uint32_t)strlen(limits[i])))
            from = at + (uint32_t)strlen(limits[i]);
    uint32_t len = bf_zh_number_read(s.p + from, s.p + s.len, &n), end = from + len + 3;
    if (!len || !n || !stands(s, from + len, "次", 3))
        return false;
    *c = (struct clause){
        .at = at, .inside = end, .close = end, .end = end, .word = BF_W_ONCE, .times = n};
    return end == s.len || one_word(s, end, &next);
}

static bool around(bf_str s, uint32_t at, bool first, enum mode mode, struct clause *c) {
    bool found = false;
    for (size_t i = 0; i < sizeof arounds / sizeof *arounds; i++) {
        uint32_t open = spelled(s, at, &words[arounds[i].open], 3);
        if (!open || (arounds[i].where == OFFICE) != (mode == OF_OFFICE) ||
            (arounds[i].where == APART && mode != OF_ANY) || (first && arounds[i].where == BEHIND))
            continue;
        for (uint32_t k = at + open + 3; k < s.len && !found; k += 3) {
            uint32_t close = spelled(s, k, &words[arounds[i].close], 3);
            if (!close && arounds[i].close == BF_W_BEFORE_ZH && stands(s, k, "前", 3))
                close = 3;
            if (close)
                *c = (struct clause){at, at + open, k, k + close, arounds[i].open, arounds[i].close,
                                     0};
            found = close > 0;
        }
    }
    return found;
}

/* Words between two names: 该案处于办理中. */
static bool joins(bf_str s, uint32_t at, struct clause *c) {
    static const enum bf_word join[] = {BF_W_OPENS,   BF_W_DOES,     BF_W_REPORTS, BF_W_IN,
                                        BF_W_NOT_IN,  BF_W_UNEQUAL,  BF_W_GREATER, BF_W_LESS,
                                        BF_W_AMOUNTS, BF_W_AT_LEAST, BF_W_TO_BE,   BF_W_PRESENT,
                                        BF_W_ABSENT,  BF_W_LAPSED,   BF_W_MET,     BF_W_DELAYED};
    for (size_t i = 0; i < sizeof join / sizeof *join; i++) {
        uint32_t n = spelled(s, at, &words[join[i]], 6);
        *c = (struct clause){
            .at = at, .inside = at + n, .close = at + n, .end = at + n, .word = join[i]};
        if (n)
            return true;
    }
    return false;
}

/* The first clause in s; not at its beginning where a name begins there (first), but for those that stand before one. */
static bool find(bf_str s, bool first, enum mode mode, struct clause *c) {
    for (uint32_t at = 0; at < s.len; at += (unsigned char)s.p[at] < 0x80 ? 1 : 3) {
        if ((unsigned char)s.p[at] < 0x80)
            continue;
        if (around(s, at, first && !at, mode, c))
            return true;
        if (mode == OF_OFFICE || (first && !at))
            continue;
        if (times(s, at, c) || one_word(s, at, c) || (mode == OF_ANY && at && joins(s, at, c)))
            return true;
    }
    return first && mode == OF_ACT && one_word(s, 0, c) && c->word == BF_W_IN_TURN;
}

static void put_gap(struct bf_buf *b, bool comma) {
    if (b->len)
        bf_buf_z(b, comma ? "，" : " ");
}

static void put_clause(struct bf_buf *b, bf_str s, enum mode mode, const struct clause *c) {
    static const enum bf_word breath[] = {
        BF_W_ARROW,        BF_W_WITH_ZH, BF_W_IF_LIMITED,  BF_W_UNTIL,  BF_W_UNLESS, BF_W_AT_MOST,
        BF_W_REPORTING_ZH, BF_W_KEYED,   BF_W_DISTINCT_ZH, BF_W_SAYING, BF_W_DELIVER};
    bool comma = false; /* as these are written */
    for (size_t i = 0; i < sizeof breath / sizeof *breath; i++)
        comma = comma || breath[i] == c->word;
    if (!b->len && c->word == BF_W_WITH_ZH && mode == OF_ACT)
        bf_buf_z(b, "……"); /* the act that nobody named */
    put_gap(b, comma);
    if (c->times > 1) {
        bf_buf_int(b, c->times);
        bf_buf_z(b, "次");
        return;
    }
    bf_str word = c->times ? BF_STR("一次") : part(s, c->at, c->inside);
    if (c->word == BF_W_WITH_ZH || c->word == BF_W_REPORTING_ZH)
        word = bf_str_of(words[c->word].zh); /* the whole word, not 经 or 向 */
    bf_buf_str(b, word);
    bf_str inside = part(s, c->inside, c->close);
    uint32_t number, len = bf_zh_number_read(inside.p, inside.p + inside.len, &number);
    if (c->last == BF_W_WITHIN_ZH && len &&
        bf_str_eq(part(inside, len, inside.len), BF_STR("月"))) {
        bf_buf_str(b, part(inside, 0, len)); /* 三月内: a month of the year is no period */
        bf_buf_z(b, "个月内");
    } else if (inside.len) {
        put_gap(b, false);
        bf_buf_str(b, inside);
        put_gap(b, false);
        bf_buf_str(b, part(s, c->close, c->end));
    }
}

/* s with the clauses set apart. What must follow the name and stood before it is moved. */
static void put_apart(struct bf_buf *b, bf_str s, bool first, enum mode mode) {
    struct clause c;
    for (int i = 0; s.len && i < DEEPEST && find(s, first && !i, mode, &c); i++) {
        bf_str tail = part(s, c.end, s.len);
        bool move = !c.at && !b->len && tail.len && c.word == BF_W_WITH_ZH;
        if (c.at) { /* …并转入: the comma says it */
            bool and = c.word == BF_W_ARROW && c.at > 3 && !memcmp(s.p + c.at - 3, "并", 3);
            put_gap(b, false);
            bf_buf_str(b, part(s, 0, and? c.at - 3 : c.at));
        }
        if (move)
            put_apart(b, tail, true, mode);
        put_clause(b, s, mode, &c);
        s = move ? (bf_str){s.p, 0} : tail;
    }
    if (!s.len)
        return;
    put_gap(b, false);
    if (!bf_zh_period(s, b))
        bf_buf_str(b, s);
}

bool bf_swallowed(bf_str name, bool office, struct bf_swallowed *w) {
    struct clause c;
    if (name.len > LONGEST || !find(name, true, office ? OF_OFFICE : OF_ACT, &c))
        return false;
    if (!w)
        return true;
    w->before = part(name, 0, c.at);
    w->word = part(name, c.at, c.end);
    /* to report is a clause of extensions alone */
    w->notice = c.word == BF_W_SAYING || c.word == BF_W_DELIVER || c.word == BF_W_REPORTING_ZH;
    w->window = c.last == BF_W_DURING || c.last == BF_W_BEFORE_ZH;
    w->turn = c.word == BF_W_IN_TURN && !c.at;
    w->consent = c.last == BF_W_CONSENT;
    w->inside = part(name, c.inside, c.close);
    w->limit = c.last == BF_W_WITHIN_ZH;
    if (w->apart)
        put_apart(w->apart, name, true, office ? OF_OFFICE : OF_ACT);
    return true;
}

bool bf_set_apart(bf_str s, struct bf_buf *apart) {
    struct clause c;
    if (s.len > LONGEST || !find(s, false, OF_ANY, &c) ||
        (c.end - c.at == s.len && c.close == c.inside))
        return false;
    put_apart(apart, s, false, OF_ANY);
    return true;
}
