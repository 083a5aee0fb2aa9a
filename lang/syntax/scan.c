/* Cutting what regular expressions say badly: Chinese words, numbers with their units, citations, quotes.
**
** The word rule. Spaces, punctuation and digits end a word; a digit goes on a word only after an ASCII
** letter, a digit or `_`. Hinge words (keywords.def) end the word before them and stand alone, and so
** does a Chinese numeral before 个工作日 or …内. Three hinges free an opening 自, 在 or 于 of the word before
** them. Nothing here looks at declared names, so one typo cannot change how the rest is read.
*/
#include "lang/syntax/state.h"

#include <string.h>
#include <utf8proc.h>

#include "lang/base/date.h"

typedef unsigned char byte;

/* Malformed UTF-8 never gets here. */
static uint32_t decode(const char *p, uint32_t *len) {
    const byte *u = (const byte *)p;
    if (u[0] < 0x80) {
        *len = 1;
        return u[0];
    }
    if (u[0] < 0xe0) {
        *len = 2;
        return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
    }
    if (u[0] < 0xf0) {
        *len = 3;
        return (u[0] & 0xfu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
    }
    *len = 4;
    return (u[0] & 7u) << 18 | (u[1] & 0x3fu) << 12 | (u[2] & 0x3fu) << 6 | (u[3] & 0x3fu);
}

static bool begins(const char *p, const char *z) { return !strncmp(p, z, strlen(z)); }

/* ---- letters ---- */

enum letter { NO_LETTER, LETTER, WIDE_LETTER, COMPAT_LETTER, ZERO_WIDTH };

static bool zero_width(uint32_t cp) {
    return cp == 0xad || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x2064) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff ||
           (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0100 && cp <= 0xe01ef);
}

static enum letter letter_of(uint32_t cp) {
    if (cp < 0x80)
        return (cp | 32) - 'a' < 26 || cp == '_' ? LETTER : NO_LETTER;
    if (cp - 0x4e00 < 0x5200 || cp - 0x3400 < 0x19c0 || cp == 0x3007)
        return LETTER;
    if (cp - 0xf900 < 0x200 || cp - 0x2f800 < 0x220)
        return COMPAT_LETTER;
    if (cp - 0xff21 < 26 || cp - 0xff41 < 26 || cp == 0xff3f)
        return WIDE_LETTER;
    if (zero_width(cp))
        return ZERO_WIDTH;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return LETTER;
    default: return NO_LETTER;
    }
}

uint32_t bf_scan_letter(const char *p) {
    uint32_t len = 0;
    return letter_of(decode(p, &len)) == LETTER ? len : 0;
}

/* The same place in the source itself, which stays; the buffer is a copy. */
static const char *source_of(const struct bf_lexer *lx, const char *p) {
    return lx->p->sources->file[lx->file].text.p + (p - lx->base);
}

static struct bf_range range_at(const struct bf_lexer *lx, const char *p, uint32_t len) {
    uint32_t start = (uint32_t)(p - lx->base);
    return (struct bf_range){start, start + len};
}

/* ---- Chinese numerals ---- */

#define NUMERAL_MAX 48 /* bytes; longer runs are no numerals */

/* A numeral before 个工作日 or a unit with …内: its bytes, 0 if it is none. */
static uint32_t zh_count(const char *p, const char *end, uint32_t *value) {
    if ((size_t)(end - p) > NUMERAL_MAX)
        end = p + NUMERAL_MAX;
    uint32_t n = bf_zh_number_read(p, end, value);
    if (!n)
        return 0;
    const char *q = p + n;
    if (begins(q, "个工作日"))
        return n;
    static const char *const units[] = {"个自然日", "个小时", "个星期", "工作日", "个月", "小时",
                                        "星期",     "日",     "天",     "周",     "年"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!begins(q, units[i]))
            continue;
        q += strlen(units[i]);
        return begins(q, "内") || begins(q, "以内") || begins(q, "之内") ? n : 0;
    }
    return 0;
}

/* ---- units ---- */

struct unit {
    enum bf_unit unit;
    int factor;
    const char *en, *en_plural, *zh, *variants;
};
static const struct unit units[] = {
#define UNIT(unit, factor, en, en_plural, zh, variants) \
    {BF_UNIT_##unit, factor, en, en_plural, zh, variants},
#include "lang/defs/keywords.def"
};

static const char *skip_spaces(const char *p) {
    for (;;) {
        if (*p == ' ' || *p == '\t')
            p++;
        else if (begins(p, "　"))
            p += 3;
        else
            return p;
    }
}

/* Bytes of the English words z at p, any spaces between them; 0 if they do not stand there. */
static uint32_t match_en(const char *p, const char *z) {
    const char *q = p;
    for (; *z; z++) {
        if (*z == ' ') {
            if (skip_spaces(q) == q)
                return 0;
            q = skip_spaces(q);
        } else if (*q++ != *z) {
            return 0;
        }
    }
    byte c = (byte)*q;
    bool goes_on = c >= 0x80 || c == '_' || (c | 32u) - 'a' < 26 || (byte)(c - '0') < 10;
    return goes_on ? 0 : (uint32_t)(q - p);
}

/* Bytes of the longest of "a" and "b;c" at p. */
static uint32_t match_zh(const char *p, const char *z, const char *variants) {
    uint32_t best = begins(p, z) ? (uint32_t)strlen(z) : 0;
    for (const char *v = variants; *v; v += strcspn(v, ";"), v += *v == ';') {
        uint32_t len = (uint32_t)strcspn(v, ";");
        if (len > best && !strncmp(p, v, len))
            best = len;
    }
    return best;
}

static bool ends_word(const char *p) {
    uint32_t len;
    return letter_of(decode(p, &len)) == NO_LETTER ||
           match_zh(p, "内", "以内;之内;前;以前;之前;后;以后;之后");
}

/* What follows a number: a unit makes it a period, 次 and times a count. Bytes, spaces included. */
static uint32_t scan_unit(const char *p, const struct unit **unit) {
    const char *q = skip_spaces(p);
    uint32_t best = 0;
    *unit = NULL;
    if ((byte)*q < 0x80) {
        if (!strchr("wdmyht", *q) || q == p)
            return 0;
        if ((best = match_en(q, "times")) || (best = match_en(q, "time")))
            return (uint32_t)(q - p) + best;
        for (size_t i = 0; i < sizeof units / sizeof *units && !best; i++)
            if ((best = match_en(q, units[i].en_plural)) || (best = match_en(q, units[i].en)))
                *unit = &units[i];
        return best ? (uint32_t)(q - p) + best : 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint32_t n = match_zh(q, units[i].zh, units[i].variants);
        if (n > best) {
            best = n;
            *unit = &units[i];
        }
    }
    if (!best)
        best = begins(q, "次") ? 3 : 0;
    /* behind a space only as a word: 5 个工作日 内, but not 3 工作日数 */
    if (best && q != p && !ends_word(q + best)) {
        *unit = NULL;
        best = 0;
    }
    return best ? (uint32_t)(q - p) + best : 0;
}

bool bf_zh_period(bf_str s, struct bf_buf *digits) {
    const struct unit *unit;
    uint32_t number, n = s.len ? bf_zh_number_read(s.p, s.p + s.len, &number) : 0;
    if (!n || n == s.len || n + scan_unit(s.p + n, &unit) != s.len)
        return false;
    bf_buf_int(digits, number);
    bf_buf_put(digits, s.p + n, s.len - n);
    return true;
}

#ifndef BF_SYNTAX_BARE
static struct bf_node *literal(struct bf_lexer *lx, enum bf_node_kind kind, const char *p,
                               uint32_t len, int64_t num) {
    struct bf_node *n = bf_node_make(lx, kind, range_at(lx, p, len));
    n->num = num;
    return n;
}
#else
#define literal(lx, kind, p, len, number) ((void)(number), (struct bf_node *)0)
#endif

/* The value of ASCII or full-width digits at *p, which is moved behind them; -1 if over the limit. */
static int64_t digits(const char **p, const char *end, int64_t limit) {
    int64_t n = 0;
    for (const char *q = *p;;) {
        int d = -1;
        if (q < end && (byte)(*q - '0') < 10) {
            d = *q - '0';
            q++;
        } else if (end - q >= 3 && !memcmp(q, "\xef\xbc", 2) && (byte)q[2] - 0x90u < 10) {
            d = (byte)q[2] - 0x90;
            q += 3;
        }
        if (d < 0)
            return n;
        *p = q;
        if (n >= 0)
            n = n > (limit - d) / 10 ? -1 : n * 10 + d;
    }
}

static int64_t number_too_large(struct bf_lexer *lx, const char *p, uint32_t len) {
    bf_lexer_error(lx, BF_E0014_NUMBER, range_at(lx, p, len), BF_NOARGS);
    return 0;
}

/* 件 behind a number only counts: 12件. */
static uint32_t scan_pieces(const char *p) {
    const char *q = skip_spaces(p);
    return begins(q, "件") && ends_word(q + 3) ? (uint32_t)(q - p) + 3 : 0;
}

/* A count with what follows it: INT, PERIOD or TIMES. */
static int counted(struct bf_lexer *lx, const char *p, uint32_t len, int64_t num, BF_YYSTYPE *value,
                   uint32_t *n) {
    const struct unit *unit;
    uint32_t more = scan_unit(p + len, &unit);
    *n = len + more;
    if (!more) {
        *n += scan_pieces(p + len);
        value->node = literal(lx, BF_N_INT, p, len, num);
        return T_INT;
    }
    if (!unit) {
        value->node = literal(lx, BF_N_INT, p, *n, num);
        return T_TIMES;
    }
    if (num > 1000000 || num < 0)
        num = number_too_large(lx, p, len);
    value->node = literal(lx, BF_N_PERIOD, p, *n, num * unit->factor);
#ifndef BF_SYNTAX_BARE
    value->node->op = (uint8_t)unit->unit;
    if (unit->factor > 1)
        value->node->flags |= BF_F_LARGER;
#endif
    return T_PERIOD;
}

int bf_scan_number(struct bf_lexer *lx, const char *p, uint32_t len, BF_YYSTYPE *value,
                   uint32_t *n) {
    const char *q = p;
    int64_t num = digits(&q, p + len, INT64_MAX);
    if (num < 0)
        num = number_too_large(lx, p, len);
    return counted(lx, p, len, num, value, n);
}

int bf_scan_decimal(struct bf_lexer *lx, const char *p, uint32_t len, BF_YYSTYPE *value) {
    const char *q = p, *end = p + len;
    int64_t whole = digits(&q, end, 999999999999), fraction = 0;
    q += *q == '.' ? 1 : 3;
    const char *begin = q;
    int places = 0;
    for (; q < end; q += (byte)*q < 0x80 ? 1 : 3)
        places++;
    q = begin;
    fraction = digits(&q, end, 999999);
    if (whole < 0 || fraction < 0 || places > 6) {
        bf_lexer_error(lx, BF_E0018_DECIMAL, range_at(lx, p, len), BF_NOARGS);
        whole = fraction = 0;
    }
    for (; places < 6; places++)
        fraction *= 10;
    value->node = literal(lx, BF_N_DECIMAL, p, len, whole * 1000000 + fraction);
    return T_DECIMAL;
}

/* 2025-09-29, 2025年9月29日, 12-31, 12月31日 */
int bf_scan_date(struct bf_lexer *lx, const char *p, uint32_t len, BF_YYSTYPE *value) {
    const char *q = p, *end = p + len;
    int64_t part[3] = {0};
    int parts = 0;
    while (q < end) {
        const char *before = q;
        int64_t v = digits(&q, end, 9999);
        if (q > before)
            part[parts++] = v;
        else
            q += (byte)*q < 0x80 ? 1 : 3; /* the sign between them */
    }
    if (parts == 2) {
        if (!bf_civil_ok(2024, part[0], part[1]))
            bf_lexer_error(lx, BF_E0016_NO_SUCH_DATE, range_at(lx, p, len), BF_NOARGS);
        value->node = literal(lx, BF_N_MONTH_DAY, p, len, part[0] * 100 + part[1]);
        return T_MONTH_DAY;
    }
    bf_day day = 0;
    if (bf_civil_ok(part[0], part[1], part[2]))
        day = bf_day_from_civil((int)part[0], (int)part[1], (int)part[2]);
    else
        bf_lexer_error(lx, BF_E0016_NO_SUCH_DATE, range_at(lx, p, len), BF_NOARGS);
    value->node = literal(lx, BF_N_DATE, p, len, day);
    return T_DATE;
}

/* 10:00, 10：00, 17时30分, 17时 */
int bf_scan_time(struct bf_lexer *lx, const char *p, uint32_t len, BF_YYSTYPE *value) {
    const char *q = p, *end = p + len;
    int64_t hour = digits(&q, end, 99), minute = 0;
    q += (byte)*q < 0x80 ? 1 : 3;
    minute = digits(&q, end, 99);
    if (hour > 24 || minute > 59 || (hour == 24 && minute)) {
        bf_lexer_error(lx, BF_E0017_NO_SUCH_TIME, range_at(lx, p, len), BF_NOARGS);
        hour = minute = 0;
    }
    value->node = literal(lx, BF_N_TIME, p, len, hour * 3600 + minute * 60);
    return T_TIME;
}

/* ---- words ---- */

/* Full-width letters, compatibility ideographs and zero-width characters: said once a word, then read
** as what they look like, so that nothing follows from them. */
static bf_str mended(struct bf_lexer *lx, const char *p, uint32_t len) {
    enum letter worst = NO_LETTER;
    /* in the arena: its limit may end the compilation right here. Four bytes for each three at most. */
    char *out = bf_arena_alloc(lx->p->arena, (size_t)len * 2), *end = out;
    for (uint32_t i = 0, n; i < len; i += n) {
        uint32_t cp = decode(p + i, &n);
        enum letter l = letter_of(cp);
        if (l >= WIDE_LETTER && l > worst)
            worst = l;
        if (l == WIDE_LETTER) {
            *end++ = (char)(cp - 0xfee0);
        } else if (l == COMPAT_LETTER) {
            utf8proc_int32_t to[8];
            utf8proc_ssize_t k =
                utf8proc_decompose_char((utf8proc_int32_t)cp, to, 8, UTF8PROC_DECOMPOSE, NULL);
            if (k == 1)
                end += utf8proc_encode_char(to[0], (utf8proc_uint8_t *)end);
        } else if (l != ZERO_WIDTH) {
            memcpy(end, p + i, n);
            end += n;
        }
    }
    bf_str s = {out, (uint32_t)(end - out)};
    enum bf_diag_code code = worst == ZERO_WIDTH    ? BF_E0009_ZERO_WIDTH
                             : worst == WIDE_LETTER ? BF_E0007_WIDE_LETTER
                                                    : BF_E0008_COMPAT_LETTER;
    struct bf_diag *d =
        bf_lexer_error(lx, code, range_at(lx, p, len), BF_ARGS(bf_arg_str((bf_str){p, len})));
    if (s.len)
        bf_diag_hint(lx->p->diags, d, BF_T_WRITE, BF_ARGS(bf_arg_str(s)));
    return s;
}

#define TITLE_MAX 300    /* bytes of a 《title》 */
#define CLOSER_REACH 240 /* bytes: how far ahead an opening 自, 在, 于 looks for its 之日起 */

/* Does 之日起, 之日, 届满前 or 届满后 close, behind 的-joined words, what an opener would open? */
static bool closer_ahead(const char *p) {
    for (const char *end = p + CLOSER_REACH; p < end;) {
        enum bf_word word;
        uint32_t n = bf_hinge(p, &word), len;
        if (n && (word == BF_W_FROM_DAY || word == BF_W_THE_DAY || word == BF_W_BY_EXPIRY ||
                  word == BF_W_AFTER_EXPIRY))
            return true;
        if (n && word != BF_W_DE)
            return false;
        if (n) {
            p += n;
            continue;
        }
        uint32_t cp = decode(p, &len);
        if (letter_of(cp) != LETTER && cp != '.' && cp - '0' >= 10)
            return false;
        p += len;
    }
    return false;
}

static bool is_opener(const char *p) {
    return begins(p, "自") || begins(p, "在") || begins(p, "于");
}

static int word_token(struct bf_lexer *lx, bf_str text, BF_YYSTYPE *value) {
#ifdef BF_SYNTAX_BARE
    enum bf_word word = bf_names_word(lx->names, text);
    value->word = NULL;
#else
    value->word = bf_name_intern(lx->names, text);
    enum bf_word word = (enum bf_word)value->word->word;
#endif
    return word == BF_W_NAME ? T_NAME : bf_word_token(word);
}

int bf_scan_ascii(struct bf_lexer *lx, const char *p, uint32_t len, BF_YYSTYPE *value) {
    return word_token(lx, (bf_str){p, len}, value);
}

bool bf_name_plain(struct bf_names *names, bf_str text) {
    struct bf_buf z;
    struct bf_lexer lx = {.names = names};
    BF_YYSTYPE value;
    uint32_t n = 0;
    bf_buf_init(&z);
    bf_buf_str(&z, text);
    bf_buf_put(&z, "\0\0", 3);
    bool plain = !z.failed && text.len && (letter_of(decode(text.p, &n)) == LETTER) &&
                 !bf_swallowed(text, false, NULL) && !bf_swallowed(text, true, NULL);
    if (plain) {
        enum bf_word word;
        uint32_t number;
        lx.base = z.p;
        lx.len = text.len;
        plain = !bf_hinge(z.p, &word) && !zh_count(z.p, z.p + text.len, &number);
        if (plain) {
            int token = bf_scan_word(&lx, z.p, &value, &n);
            plain = n == text.len && (token == T_NAME || bf_word_soft(bf_names_word(names, text)));
        }
    }
    bf_buf_fini(&z);
    return plain;
}

/* The hinge 的 before a comma ends a condition: 如 … 的，X可以 … */
static uint32_t comma_after(const char *p) {
    const char *q = skip_spaces(p);
    if (*q == ',')
        return (uint32_t)(q - p) + 1;
    return begins(q, "，") ? (uint32_t)(q - p) + 3 : 0;
}

int bf_scan_word(struct bf_lexer *lx, const char *p, BF_YYSTYPE *value, uint32_t *n) {
    const char *end = lx->base + lx->len, *q = p;
    bool odd = false, ascii_before = false;
    while (q < end) {
        uint32_t len, number;
        enum bf_word word;
        if ((byte)*q < 0x80) {
            bool digit = (byte)(*q - '0') < 10;
            if (letter_of((byte)*q) == NO_LETTER && !(digit && ascii_before))
                break;
            ascii_before = true;
            q++;
            continue;
        }
        if (q > p && bf_may_cut(lx->names, q) && (bf_hinge(q, &word) || zh_count(q, end, &number)))
            break;
        enum letter l = letter_of(decode(q, &len));
        if (l == NO_LETTER)
            break;
        odd |= l != LETTER;
        ascii_before = l == WIDE_LETTER;
        q += len;
    }
    bf_str text = {p, (uint32_t)(q - p)};
    bool free = lx->prev_kind != T_FROM && lx->prev_kind != T_IN_ZH && lx->prev_kind != T_AT_ZH &&
                lx->prev_kind != T_DOT; /* behind those a word begins, but not with an opener */
    if (text.len > 3 && free && is_opener(p) && closer_ahead(q)) {
        text.len = 3;
        odd = false;
    }
    *n = text.len;
    if (odd) {
        text = mended(lx, p, text.len);
        if (!text.len)
            return 0; /* nothing but zero-width characters */
    }
    return word_token(lx, text, value);
}

/* 内, 前, 后 … right after a number, a unit or a date. */
static int scan_suffix(const struct bf_lexer *lx, const char *p, uint32_t *n) {
    bool period = lx->prev_kind == T_PERIOD,
         date = lx->prev_kind == T_DATE || lx->prev_kind == T_MONTH_DAY;
    if (lx->prev_kind == T_INT && lx->prev_end == (uint32_t)(p - lx->base)) {
        if ((*n = begins(p, "以上") ? 6 : 0))
            return T_ABOVE;
        if ((*n = begins(p, "以下") ? 6 : 0))
            return T_BELOW;
        return 0;
    }
    if ((!period && !date) || skip_spaces(lx->base + lx->prev_end) != p)
        return 0;
    bool adjacent = lx->prev_end == (uint32_t)(p - lx->base);
    uint32_t len, cp;
    int kind = 0;
    if ((*n = match_zh(p, "内", "以内;之内")))
        kind = T_WITHIN_ZH;
    else if ((*n = match_zh(p, "前", "以前;之前")))
        kind = T_DAY_BEFORE;
    else if ((*n = match_zh(p, "后", "以后;之后")))
        kind = T_DAY_AFTER;
    if (!kind)
        return 0;
    cp = decode(p + *n, &len);
    if (!adjacent && (letter_of(cp) != NO_LETTER || begins(p, "之")))
        return 0; /* a word of its own: 3日 之后 … */
    /* 2025年1月1日之后5日: the expression, not the suffix */
    if (kind != T_WITHIN_ZH && *n == 6 &&
        (*skip_spaces(p + 6) - '0' + 0u < 10 || begins(skip_spaces(p + 6), "\xef\xbc")) &&
        begins(p, "之"))
        return 0;
    return kind;
}

static bool is_dash(const char *p) { return begins(p, "—") || begins(p, "–") || begins(p, "…"); }

/* 《…》 where a text was meant: told already, and read as one. */
static int titled(struct bf_lexer *lx, const char *p, BF_YYSTYPE *value, uint32_t *n) {
    const char *q = p + 3, *end = p + TITLE_MAX;
    while (q < end && *q && *q != '\n' && !begins(q, "》"))
        q++;
    if (!begins(q, "》"))
        return 0;
    *n = (uint32_t)(q - p) + 3;
    value->node = NULL;
#ifndef BF_SYNTAX_BARE
    value->node = bf_node_make(lx, BF_N_STRING, range_at(lx, p, *n));
    value->node->text = (bf_str){source_of(lx, p + 3), *n - 6};
#endif
    return T_STRING;
}

/* Anything that begins with a byte above 0x7f and that lexer.l does not name. */
int bf_scan_wide(struct bf_lexer *lx, const char *p, BF_YYSTYPE *value, uint32_t *n) {
    const char *end = lx->base + lx->len;
    enum bf_word word;
    uint32_t number, comma;
    int kind = scan_suffix(lx, p, n);
    if (kind) {
        value->word = NULL;
#ifndef BF_SYNTAX_BARE
        value->word =
            bf_word_name(lx->names, kind == T_WITHIN_ZH ? BF_W_WITHIN_ZH : BF_W_AFTER_ZH, true);
#endif
        return kind;
    }
    if (bf_may_cut(lx->names, p)) {
        if ((*n = bf_hinge(p, &word))) {
            value->word = bf_word_name(lx->names, word, true);
            if (word == BF_W_DE && (comma = comma_after(p + *n))) {
                *n += comma;
                return T_CONDITION_END;
            }
            return bf_word_token(word);
        }
        if ((*n = zh_count(p, end, &number)))
            return counted(lx, p, *n, number, value, n);
    }
    uint32_t len, cp = decode(p, &len);
    if (letter_of(cp) != NO_LETTER)
        return bf_scan_word(lx, p, value, n);
    *n = len;
    while (is_dash(p) && !strncmp(p + *n, p, len)) /* —— is one sign */
        *n += len;
    bf_scan_stray(lx, p, *n);
    return begins(p, "《") ? titled(lx, p, value, n) : 0;
}

/* ---- citations ---- */

/* An article's number: digits, full-width digits or a Chinese numeral. */
static const char *cite_number(const char *p, const char *end, int64_t *n) {
    const char *q = p;
    *n = digits(&q, end, 65535);
    if (q > p)
        return q;
    uint32_t zh = 0, len = bf_zh_number_read(p, end - p > NUMERAL_MAX ? p + NUMERAL_MAX : end, &zh);
    *n = zh > 65535 ? -1 : (int64_t)zh;
    return p + len;
}

/* 第十五条之一第二款第（一）项; NULL if it is not that. */
static const char *cite_zh(const char *p, const char *end, int64_t v[4]) {
    static const char *const closes[] = {"条", "款", "项"};
    static const int slot[] = {0, 2, 3};
    int at = 0;
    if (!begins(p, "第"))
        return NULL;
    while (begins(p, "第")) {
        int64_t n;
        const char *q = p + 3;
        bool paren = begins(q, "（") || *q == '(';
        if (paren)
            q += *q == '(' ? 1 : 3;
        const char *r = cite_number(q, end, &n);
        if (r == q)
            break;
        q = r;
        if (paren && *q != ')' && !begins(q, "）"))
            break;
        if (paren)
            q += *q == ')' ? 1 : 3;
        int part = at;
        while (part < 3 && !begins(q, closes[part]))
            part++;
        if (part == 3 || (at == 0 && part != 0))
            break;
        v[slot[part]] = n;
        p = q + 3;
        at = part + 1;
        if (part == 0 && begins(p, "之")) {
            r = cite_number(p + 3, end, &n);
            if (r > p + 3) {
                v[1] = n;
                p = r;
            }
        }
    }
    if (!at)
        return NULL;
    if (v[3] && !v[2])
        v[2] = 1; /* 款 left out means the first */
    return p;
}

/* 15a.2.3 */
static const char *cite_en(const char *p, const char *end, int64_t v[4]) {
    static const int slot[] = {0, 2, 3};
    for (int i = 0; i < 3; i++) {
        const char *q = i ? p + 1 : p;
        if (i && (*p != '.' || (byte)(p[1] - '0') >= 10))
            return p;
        const char *r = q;
        v[slot[i]] = digits(&r, end, 65535);
        if (r == q)
            return NULL;
        p = r;
        if (i == 0 && (byte)(*p - 'a') < 26)
            v[1] = *p++ - 'a' + 1;
    }
    return p;
}

const char *bf_cite_read(const char *p, const char *end, struct bf_cite *cite) {
    int64_t v[4] = {0};
    const char *q = cite_zh(p, end, v);
    if (!q) {
        memset(v, 0, sizeof v);
        q = cite_en(p, end, v);
    }
    if (!q || v[0] <= 0 || v[1] < 0 || v[2] < 0 || v[3] < 0)
        return NULL;
    *cite = (struct bf_cite){(uint16_t)v[0], (uint16_t)v[1], (uint16_t)v[2], (uint16_t)v[3]};
    return q;
}

/* @15.2, @第十五条第二款, @other_policy:12.1; p is behind the @. */
int bf_scan_cite(struct bf_lexer *lx, const char *p, BF_YYSTYPE *value, uint32_t *n) {
    const char *begin = p, *end = lx->base + lx->len, *q;
    int64_t v[4] = {0};
    struct bf_range other = {0, 0};
    if ((byte)(*p - '0') >= 10 && !begins(p, "\xef\xbc\x90") && !(q = cite_zh(p, end, v))) {
        uint32_t len = 0;
        for (q = p; q < end && (letter_of(decode(q, &len)) == LETTER || (byte)(*q - '0') < 10);
             q += len)
            ;
        if (q > p && (*q == ':' || begins(q, "："))) {
            other = range_at(lx, p, (uint32_t)(q - p));
            p = q + (*q == ':' ? 1 : 3);
        }
    }
    v[0] = v[1] = v[2] = v[3] = 0;
    q = cite_zh(p, end, v);
    if (!q)
        q = cite_en(p, end, v);
    bool good = q != NULL;
    for (int i = 0; i < 4; i++)
        good = good && v[i] >= 0;
    good = good && v[0] > 0;
    uint32_t len = 0;
    if (!q)
        for (q = p; q < end &&
                    (letter_of(decode(q, &len)) == LETTER || (byte)(*q - '0') < 10 || *q == '.');)
            q += decode(q, &len) ? len : 1;
    *n = (uint32_t)(q - begin);
    struct bf_range at = range_at(lx, begin, *n);
    at.start--; /* the sign; a wide one is two bytes longer */
    if ((byte)lx->base[at.start] != '@')
        at.start -= 2;
    if (!good) {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0015_CITATION, at, BF_NOARGS);
        bf_diag_hint(lx->p->diags, d, BF_T_CITATION_FORM, BF_NOARGS);
    }
#ifndef BF_SYNTAX_BARE
    struct bf_node *c = bf_node_make(lx, BF_N_CITE, at);
    if (other.end) {
        c->a = bf_node_make(lx, BF_N_NAME, other);
        c->a->name = bf_name_intern(lx->names, bf_lexer_text(lx, other));
    }
    struct bf_cite cite = {(uint16_t)v[0], (uint16_t)v[1], (uint16_t)v[2], (uint16_t)v[3]};
    c->num = good ? bf_cite_pack(cite) : 0;
    if (!good)
        c->flags |= BF_F_BROKEN;
    value->node = c;
#else
    value->node = NULL;
#endif
    return T_CITE;
}

/* ---- quotes ---- */

/* The end of this line, or of the text. */
static const char *line_end(const struct bf_lexer *lx, const char *p) {
    const char *end = lx->base + lx->len, *q = memchr(p, '\n', (size_t)(end - p));
    if (!q)
        q = end;
    while (q > p && q[-1] == '\r')
        q--;
    return q;
}

static void unclosed(struct bf_lexer *lx, const char *p, uint32_t len, const char *second,
                     bool wide) {
    struct bf_diag *d = bf_lexer_error(lx, BF_E0012_QUOTE, range_at(lx, p, len), BF_NOARGS);
    bf_diag_label(lx->p->diags, d, bf_lexer_span(lx, range_at(lx, p, len)), BF_T_QUOTE_BEGINS,
                  BF_NOARGS);
    if (second)
        bf_diag_label(lx->p->diags, d, bf_lexer_span(lx, range_at(lx, second, 3)),
                      BF_T_QUOTE_OPENS_AGAIN, BF_NOARGS);
    bf_names_lose_any(lx->p->names); /* the rest of the line was no text */
    bf_diag_hint(lx->p->diags, d, wide ? BF_T_QUOTE_HINT_WIDE : BF_T_QUOTE_HINT, BF_NOARGS);
}

/* "…", “…”, or what begins with a closing mark by mistake. A text ends on its line. */
int bf_scan_string(struct bf_lexer *lx, const char *p, BF_YYSTYPE *value, uint32_t *n) {
    bool wide = *p != '"', closing_first = begins(p, "”");
    uint32_t mark = wide ? 3 : 1;
    const char *limit = line_end(lx, p + mark), *q = p + mark, *second = NULL;
    for (; q < limit; q++) {
        if (wide ? begins(q, "”") : *q == '"')
            break;
        if (wide && !closing_first && begins(q, "“")) {
            second = q;
            break;
        }
    }
    if (closing_first || second || q == limit)
        unclosed(lx, p, mark, second, wide);
    uint32_t close = q == limit ? 0 : mark;
    *n = (uint32_t)(q - p) + close;
#ifndef BF_SYNTAX_BARE
    value->node = bf_node_make(lx, BF_N_STRING, range_at(lx, p, *n));
    bf_str text = {p + mark, (uint32_t)(q - p) - mark};
    value->node->text = (bf_str){source_of(lx, text.p), text.len};
    if (wide)
        value->node->flags |= BF_F_ZH;
#else
    value->node = NULL;
#endif
    /* “…”同时废止 */
    const char *tail = skip_spaces(q + close);
    if (begins(tail, "同时废止")) {
        *n = (uint32_t)(tail - p) + 12;
        return T_REPEALED;
    }
    return T_STRING;
}

/* '目的', ‘目的’ */
int bf_scan_quoted_name(struct bf_lexer *lx, const char *p, BF_YYSTYPE *value, uint32_t *n) {
    uint32_t mark = *p == '\'' ? 1 : 3, len = 0;
    const char *limit = line_end(lx, p + mark), *q = p + mark;
    bool good = true;
    for (; q < limit; q += len) {
        if (*q == '\'' || begins(q, "’"))
            break;
        enum letter l = letter_of(decode(q, &len));
        good = good && (l == LETTER || (q > p + mark && (byte)(*q - '0') < 10));
    }
    bf_str text = {p + mark, (uint32_t)(q - p) - mark};
    *n = (uint32_t)(q - p);
    if (q == limit) {
        unclosed(lx, p, mark, NULL, mark == 3);
    } else {
        *n += *q == '\'' ? 1 : 3;
        if (!good || !text.len)
            bf_lexer_error(lx, BF_E0019_QUOTED_NAME, range_at(lx, p, *n), BF_NOARGS);
    }
#ifndef BF_SYNTAX_BARE
    value->node = bf_node_make(lx, BF_N_NAME, range_at(lx, p, *n));
    value->node->flags |= BF_F_QUOTED;
    if (!good || !text.len || q == limit) {
        value->node->flags |= BF_F_BROKEN;
        text = BF_STR("?");
    }
    value->node->name = bf_name_intern(lx->names, text);
#else
    value->node = NULL;
#endif
    return T_QUOTED_NAME;
}

/* ---- between tokens ---- */

static void add_trivia(struct bf_lexer *lx, int kind, const char *p, uint32_t len, bool own_line) {
    if (lx->trivia_count == lx->trivia_cap) {
        uint32_t cap = lx->trivia_cap ? lx->trivia_cap * 2 : 64;
        struct bf_trivia *t = bf_arena_alloc(lx->p->arena, sizeof *t * cap);
        if (lx->trivia_count)
            memcpy(t, lx->trivia, sizeof *t * lx->trivia_count);
        lx->trivia = t;
        lx->trivia_cap = cap;
    }
    struct bf_range at = range_at(lx, p, len);
    lx->trivia[lx->trivia_count++] = (struct bf_trivia){
        .kind = (uint8_t)kind, .own_line = own_line, .start = at.start, .end = at.end};
}

void bf_scan_comment(struct bf_lexer *lx, const char *p, uint32_t len) {
#ifndef BF_SYNTAX_BARE
    while (len && (p[len - 1] == '\r' || p[len - 1] == ' ' || p[len - 1] == '\t'))
        len--;
    uint32_t sign = *p == '#' ? 1 : 3;
    bool doc = len > sign && (p[sign] == '#' || begins(p + sign, "＃"));
    const char *q = p;
    while (q > lx->base && (q[-1] == ' ' || q[-1] == '\t' || q[-1] == '\r'))
        q--;
    add_trivia(lx, doc ? BF_TRIVIA_DOC : BF_TRIVIA_COMMENT, p, len, q == lx->base || q[-1] == '\n');
#else
    (void)lx, (void)p, (void)len;
#endif
}

void bf_scan_blank(struct bf_lexer *lx, const char *p, uint32_t len) {
#ifndef BF_SYNTAX_BARE
    add_trivia(lx, BF_TRIVIA_BLANK, p, len, true);
#else
    (void)lx, (void)p, (void)len;
#endif
}

void bf_scan_stray(struct bf_lexer *lx, const char *p, uint32_t len) {
    struct bf_range at = range_at(lx, p, len);
    bf_arg arg = bf_arg_str((bf_str){p, len});
    lx->stray_end = at.end;
    if (begins(p, "《") || begins(p, "》") || begins(p, "〈") || begins(p, "〉")) {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0010_TITLE_MARK, at, BF_ARGS(arg));
        bf_diag_hint(lx->p->diags, d, BF_T_TITLE_MARK_HINT, BF_NOARGS);
    } else if (is_dash(p)) {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0011_DASH, at, BF_ARGS(arg));
        bf_diag_hint(lx->p->diags, d, BF_T_DASH_HINT, BF_NOARGS);
    } else if (begins(p, "。")) {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0006_STRAY, at, BF_ARGS(arg));
        bf_diag_hint(lx->p->diags, d, BF_T_FULL_STOP_HINT, BF_NOARGS);
    } else {
        bf_lexer_error(lx, BF_E0006_STRAY, at, BF_ARGS(arg));
    }
}
