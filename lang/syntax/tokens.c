/* Between flex and the parser: prosody, joined words, the end of the text, and recovery.
**
** Recovery. When the parser meets a token that cannot stand there, it asks for nothing but RESYNC until
** it gets one (every block's list has the rule `error RESYNC`). The lexer, told of the mistake by
** bf_lexer_syntax_error, meanwhile skips to where the next statement of the same block begins: the
** block's own closing brace, a semicolon, a word that only opens statements, or a token that is the
** first on its line and not indented more than the line of the mistake. A brace met on the way is
** handed over: if the parser accepts it (`error '{' resume`), the block behind it is read as usual.
*/
#include "lang/syntax/state.h"

#include <string.h>

static int flex_token(struct bf_lexer *lx, struct bf_token *t) {
    t->kind = bf_lex(&t->value, &t->at, lx->scanner);
    if (t->kind == T_EOF_MARK)
        t->at.start = t->at.end = lx->len;
    lx->prev_kind = t->kind;
    lx->prev_end = t->at.end;
    return t->kind;
}

static void take(struct bf_lexer *lx, struct bf_token *t) {
    if (lx->queued)
        *t = lx->queue[--lx->queued];
    else
        flex_token(lx, t);
}

static void unread(struct bf_lexer *lx, const struct bf_token *t) {
    BF_ASSERT(lx->queued < sizeof lx->queue / sizeof *lx->queue);
    lx->queue[lx->queued++] = *t;
}

/* The next token, left where it is. */
static struct bf_token *peek(struct bf_lexer *lx) {
    if (!lx->queued) {
        struct bf_token t;
        flex_token(lx, &t);
        unread(lx, &t);
    }
    return &lx->queue[lx->queued - 1];
}

/* ---- prosody and joined words ---- */

/* Words before which a comma only marks the breath. */
static bool begins_clause(int kind) {
    switch (kind) {
    case T_CITE:
    case T_ARROW:
    case T_WITH:
    case T_WITH_ZH:
    case T_REPORTING:
    case T_REPORTING_ZH:
    case T_IF:
    case T_IF_LIMITED:
    case T_FOUZE:
    case T_OTHERWISE:
    case T_OVERDUE:
    case T_BREACH:
    case T_BUT:
    case T_UNLESS:
    case T_OVERRIDE_WHEN:
    case T_SAYING:
    case T_AT_MOST:
    case T_THEN:
    case T_KEYED:
    case T_BECAUSE:
    case T_ONCE:
    case T_TIMES:
    case T_TO:
    case T_NOT_BEFORE:
    case T_DELIVER:
    case T_NEW_CASES:
    case T_ALL_CASES:
    case T_UNTIL:
    case T_PLACED:
    case T_DATED:
    case T_DISTINCT:
    case T_DISTINCT_ZH:
    case T_WHERE:
    case T_LASTING:
    case T_ALL_KEPT:
    case T_LATER: return true;
    default: return false;
    }
}

static void join(struct bf_lexer *lx, struct bf_token *t, int kind) {
    struct bf_token second;
    take(lx, &second);
    t->kind = kind;
    t->at.end = second.at.end;
}

/* Is the word behind a name of this text? */
static bool is_word(const struct bf_lexer *lx, const struct bf_token *t, const char *z) {
    return t->kind == T_NAME && bf_str_eq(bf_lexer_text(lx, t->at), bf_str_of(z));
}

/* One token as the grammar knows them. */
static void next(struct bf_lexer *lx, struct bf_token *t) {
    for (;;) {
        take(lx, t);
        switch (t->kind) {
        case ',':
            if (begins_clause(peek(lx)->kind))
                continue;
            return;
        case ';':
            if (peek(lx)->kind == T_BREACH || peek(lx)->kind == T_OVERDUE)
                continue;
            return;
        case T_NOT:
            if (peek(lx)->kind == T_IN)
                join(lx, t, T_NOT_IN);
            else if (peek(lx)->kind == T_BEFORE)
                join(lx, t, T_NOT_BEFORE);
            return;
        case T_EVERY:
            if (is_word(lx, peek(lx), "year"))
                join(lx, t, T_EVERY_YEAR);
            return;
        case T_AT:
            if (is_word(lx, peek(lx), "most"))
                join(lx, t, T_AT_MOST);
            return;
        default: return;
        }
    }
}

/* ---- places ---- */

/* Puts the line of offset `at` into lx->line_…. Places asked for go forward but for a step back, so a
** line is searched once, however many mistakes are on it. */
static void find_line(struct bf_lexer *lx, uint32_t at) {
    uint32_t p = at, known = lx->line_seen;
    if (at >= lx->line_start && at <= known)
        return;
    if (at < known)
        known = 0;
    while (p > known && lx->base[p - 1] != '\n')
        p--;
    if (p > known || !known) {
        lx->line_start = lx->line_first = p;
        while (lx->base[lx->line_first] == ' ' || lx->base[lx->line_first] == '\t')
            lx->line_first++;
    }
    lx->line_seen = at;
}

static bool first_on_line(struct bf_lexer *lx, uint32_t at) {
    find_line(lx, at);
    return at <= lx->line_first;
}

static uint32_t indent_of(struct bf_lexer *lx, uint32_t at) {
    find_line(lx, at);
    return lx->line_first - lx->line_start;
}

/* ---- recovery ---- */

/* Words that go on a statement; a line that begins with one begins no statement. */
static bool goes_on(int kind) {
    return begins_clause(kind) || kind == ',' || kind == ';' || kind == ')' || kind == ']' ||
           kind == ':' || kind == '=' || kind == '?' || kind == '{' || kind == '(' || kind == '[' ||
           kind == '+' || kind == '-' || kind == T_DOT || kind == T_AND || kind == T_OR ||
           kind == T_WITHIN || kind == T_BY || kind == T_IS || kind == T_IS_NOT ||
           kind == T_STRING || kind == T_CONDITION_END || kind == T_STAYS || kind == T_PER ||
           kind == T_OF;
}

/* Words that open statements and nothing else. */
static bool opens_statement(int kind) {
    return kind == T_STATE || kind == T_END || kind == T_PARTY || kind == T_GIVEN ||
           kind == T_KEEP || kind == T_STARTS || kind == T_REQUIRE || kind == T_EXPECT ||
           kind == T_PROCEDURE || kind == T_POLICY || kind == T_SCENARIO || kind == T_NORM ||
           kind == T_MEASURE || kind == T_MODEL || kind == T_ASSERT;
}

/* Words that open declarations only: inside braces they say that a brace is missing. */
static bool opens_declaration(int kind) {
    return kind == T_POLICY || kind == T_USE || kind == T_PROCEDURE || kind == T_SCENARIO ||
           kind == T_NORM || kind == T_AMEND || kind == T_MEASURE || kind == T_MODEL ||
           kind == T_ASSERT;
}

static bool begins_statement(struct bf_lexer *lx, const struct bf_token *t) {
    if (t->at.start < lx->sync_from && !lx->sync_first)
        return false;
    if (!first_on_line(lx, t->at.start))
        return false;
    if (opens_statement(t->kind))
        return true;
    return (!goes_on(t->kind) || t->kind == T_LATER) &&
           indent_of(lx, t->at.start) <= lx->sync_indent;
}

/* A declaration at the left margin while braces are open. */
static bool brace_missing(struct bf_lexer *lx, const struct bf_token *t) {
    return lx->depth && opens_declaration(t->kind) && indent_of(lx, t->at.start) == 0 &&
           first_on_line(lx, t->at.start);
}

static void report_unclosed(struct bf_lexer *lx, struct bf_range where, enum bf_text_id what) {
    uint32_t opener = lx->opener[lx->depth - 1];
    struct bf_range at = {opener, opener + (lx->base[opener] == '{' ? 1 : 3)};
    struct bf_diag *d = bf_lexer_error(lx, BF_E0013_BRACE, at, BF_NOARGS);
    bf_diag_label(lx->p->diags, d, bf_lexer_span(lx, at), BF_T_BRACE_OPENED, BF_NOARGS);
    bf_diag_label(lx->p->diags, d, bf_lexer_span(lx, where), what, BF_NOARGS);
    bf_diag_hint(lx->p->diags, d, BF_T_BRACE_HINT, BF_NOARGS);
    lx->silent = true;
}

static int deliver(struct bf_lexer *lx, const struct bf_token *t, BF_YYSTYPE *value,
                   struct bf_range *at) {
    lx->before_kind = lx->last.kind;
    lx->before_at = lx->last.at;
    *value = t->value;
    *at = t->at;
    lx->last = *t;
    return t->kind;
}

/* The token of the mistake is read again: it may still begin a statement. */
static bool comes_again(const struct bf_lexer *lx, struct bf_range at) {
    return at.start + 1 == lx->sync_from;
}

void bf_lexer_lose_word(struct bf_lexer *lx, struct bf_range at, struct bf_name *word) {
    if (!comes_again(lx, at))
        bf_name_lose(lx->names, word);
}

void bf_lexer_lose(struct bf_lexer *lx, struct bf_range at, const struct bf_node *n) {
    if (!comes_again(lx, at))
        bf_node_lose(lx->names, n);
}

static void skip_token(struct bf_lexer *lx, const struct bf_token *t) {
    if (t->kind == T_NAME || bf_token_soft(t->kind))
        bf_name_lose(lx->names, t->value.word);
    else if (t->kind == T_QUOTED_NAME || t->kind == T_STRING)
        bf_node_lose(lx->names, t->value.node);
}

static int resync(struct bf_lexer *lx, BF_YYSTYPE *value, struct bf_range *at) {
    struct bf_token t, mark = {.kind = T_RESYNC};
    for (;; lx->sync_first = false) {
        next(lx, &t);
        bool here = !lx->sync_inner;
        lx->depth = lx->sync_depth + lx->sync_inner;
        if (t.kind == T_EOF_MARK || brace_missing(lx, &t) ||
            (here && (begins_statement(lx, &t) || (t.kind == '}' && lx->sync_depth)))) {
            unread(lx, &t);
            break;
        }
        if (here && t.kind == ';' && lx->sync_depth)
            break;
        if (t.kind == '}' && lx->sync_inner)
            lx->sync_inner--;
        if (t.kind == '{' && lx->sync_inner++ == 0) {
            lx->sync_first = false;
            lx->opener[lx->sync_depth] = t.at.start; /* kept by bf_lexer_resume */
            return deliver(lx, &t, value, at);
        }
        skip_token(lx, &t);
    }
    lx->sync = false;
    lx->depth = lx->nesting = lx->sync_depth;
    mark.at = (struct bf_range){t.at.start, t.at.start};
    return deliver(lx, &mark, value, at);
}

void bf_lexer_resume(struct bf_lexer *lx) {
    lx->sync = false;
    lx->depth = lx->nesting = lx->sync_depth + 1;
}

/* ---- brackets ---- */

static void too_deep(struct bf_lexer *lx, struct bf_range at) {
    if (!lx->fatal)
        bf_lexer_error(lx, BF_E0004_TOO_DEEP, at, BF_ARGS(bf_arg_int(BF_NESTING_LIMIT)));
    lx->fatal = true;
}

void bf_lexer_too_deep(struct bf_lexer *lx, struct bf_range at) { too_deep(lx, at); }

static void count_bracket(struct bf_lexer *lx, const struct bf_token *t) {
    switch (t->kind) {
    case '{':
        if (lx->depth < BF_NESTING_LIMIT)
            lx->opener[lx->depth++] = t->at.start;
        /* fall through */
    case '(':
    case '[':
        if (++lx->nesting > BF_NESTING_LIMIT)
            too_deep(lx, t->at);
        break;
    case '}':
        lx->closed_nothing = !lx->depth;
        if (lx->depth)
            lx->depth--;
        /* fall through */
    case ')':
    case ']':
        if (lx->nesting)
            lx->nesting--;
        break;
    default: break;
    }
}

int bf_yylex(BF_YYSTYPE *value, struct bf_range *at, struct bf_lexer *lx) {
    struct bf_token t;
    if (lx->fatal)
        return T_YYEOF;
    if (lx->sync)
        return resync(lx, value, at);
    if (lx->last.kind == T_EOF_MARK && !lx->queued)
        return T_YYEOF;
    next(lx, &t);
    if (t.kind == T_EOF_MARK || brace_missing(lx, &t)) {
        if (lx->depth) {
            if (!lx->silent)
                report_unclosed(lx, t.at,
                                t.kind == T_EOF_MARK ? BF_T_TEXT_ENDS : BF_T_DECLARATION_BEGINS);
            unread(lx, &t);
            t = (struct bf_token){.kind = '}', .at = {t.at.start, t.at.start}};
        } else {
            lx->silent = false;
        }
    } else if (!lx->depth) {
        lx->silent = false;
    }
    if (t.kind < 256)
        count_bracket(lx, &t);
    if (lx->fatal)
        return T_YYEOF;
    return deliver(lx, &t, value, at);
}

/* ---- mistakes ---- */

struct bf_diag *bf_lexer_error(struct bf_lexer *lx, enum bf_diag_code code, struct bf_range at,
                               const bf_arg *args, int nargs) {
    lx->errors++;
    if (at.end >= lx->error_end)
        lx->error_end = at.end + 1;
    lx->root->flags |= BF_F_BROKEN;
    return bf_diag(lx->p->diags, code, bf_lexer_span(lx, at), args, nargs);
}

#define EXPECTED_ERRORS 64 /* beyond so many mistakes nobody reads what was expected */

bool bf_lexer_wants_expected(const struct bf_lexer *lx) {
    return !lx->fatal && !lx->silent && lx->errors < EXPECTED_ERRORS;
}

static bool chinese(const struct bf_lexer *lx) {
    if (lx->zh + lx->en)
        return lx->zh > lx->en;
    return lx->last.at.end > lx->last.at.start && (lx->base[lx->last.at.start] & 0x80);
}

/* How a token is shown in a list of what could stand there. */
static bf_arg expected_arg(const struct bf_lexer *lx, int token) {
    static const struct {
        int token;
        enum bf_text_id text;
    } classes[] = {
        {T_NAME, BF_T_A_NAME},      {T_QUOTED_NAME, BF_T_A_NAME}, {T_STRING, BF_T_A_TEXT},
        {T_INT, BF_T_A_NUMBER},     {T_DECIMAL, BF_T_A_NUMBER},   {T_DATE, BF_T_A_DATE},
        {T_MONTH_DAY, BF_T_A_DATE}, {T_TIME, BF_T_A_TIME},        {T_PERIOD, BF_T_A_PERIOD},
        {T_TIMES, BF_T_A_COUNT},    {T_CITE, BF_T_A_CITATION},    {T_EOF_MARK, BF_T_THE_END},
        {T_REPEALED, BF_T_A_TEXT},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].token == token)
            return bf_arg_text(classes[i].text);
    bool zh = chinese(lx);
    for (int pass = 0; pass < 2; pass++, zh = !zh)
        for (int w = 1; w < BF_WORDS; w++)
            if (bf_word_token((enum bf_word)w) == token && *bf_word_z((enum bf_word)w, zh) &&
                token != T_DOT)
                return bf_arg_str(bf_str_of(bf_word_z((enum bf_word)w, zh)));
    static const struct {
        int token;
        const char *en, *zh;
    } signs[] = {{'{', "{", "｛"},
                 {'}', "}", "｝"},
                 {'(', "(", "（"},
                 {')', ")", "）"},
                 {'[', "[", "【"},
                 {']', "]", "】"},
                 {',', ",", "，"},
                 {';', ";", "；"},
                 {':', ":", "："},
                 {'?', "?", "（选填）"},
                 {'+', "+", "＋"},
                 {'-', "-", "－"},
                 {'=', "=", "＝"},
                 {T_DOT, ".", "的"},
                 {T_LE, "<=", "不超过"},
                 {T_NE, "!=", "不等于"},
                 {T_CONDITION_END, "的，", "的，"},
                 {T_DAY_BEFORE, "前", "前"},
                 {T_DAY_AFTER, "后", "后"},
                 {T_ABOVE, "以上", "以上"},
                 {T_BELOW, "以下", "以下"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].token == token)
            return bf_arg_str(bf_str_of(chinese(lx) ? signs[i].zh : signs[i].en));
    return bf_arg_str(BF_STR(""));
}

static bool same_arg(const bf_arg *x, const bf_arg *y) {
    return x->kind == y->kind &&
           (x->kind == BF_ARG_TEXT ? x->text == y->text : bf_str_eq(x->s, y->s));
}

static void label_expected(struct bf_lexer *lx, struct bf_diag *d, struct bf_range at,
                           const struct bf_expected *expected) {
    static const enum bf_text_id texts[] = {BF_T_EXPECTED_0, BF_T_EXPECTED_1, BF_T_EXPECTED_2,
                                            BF_T_EXPECTED_3, BF_T_EXPECTED_4, BF_T_EXPECTED_5};
    bf_arg args[BF_EXPECTED_MAX];
    int n = 0;
    for (int english = 0; english < 2 && !n; english++) /* a word of the other surface only alone */
        for (int i = 0; i < expected->count; i++) {
            bf_arg a = expected_arg(lx, expected->token[i]);
            bool word = a.kind == BF_ARG_STR && a.s.len && (a.s.p[0] | 32u) - 'a' < 26u;
            bool known = (a.kind == BF_ARG_STR && !a.s.len) || (!english && word && chinese(lx));
            for (int k = 0; k < n && !known; k++)
                known = same_arg(&a, &args[k]);
            if (!known)
                args[n++] = a;
        }
    if (n > 5)
        n = 0;
    bf_diag_label(lx->p->diags, d, bf_lexer_span(lx, at), texts[n], args, n);
}

static bool bordered(bf_str s, const char *head, const char *tail) {
    uint32_t h = (uint32_t)strlen(head), t = (uint32_t)strlen(tail);
    return s.len > h + t && !memcmp(s.p, head, h) && !memcmp(s.p + s.len - t, tail, t);
}

static void hint(struct bf_lexer *lx, struct bf_diag *d, enum bf_text_id text, bf_str arg) {
    bf_diag_hint(lx->p->diags, d, text, BF_ARGS(bf_arg_str(arg)));
}

/* Forms of everyday Chinese that the language writes in other words. */
static bool hint_form(struct bf_lexer *lx, struct bf_diag *d, bf_str s) {
    struct bf_buf digits;
    bf_buf_in(&digits, lx->p->arena);
    if (bf_zh_period(bf_str_dup(lx->p->arena, s), &digits))
        hint(lx, d, BF_T_WRITE, bf_buf_view(&digits));
    else if (bordered(s, "自", "起"))
        hint(lx, d, BF_T_SINCE_HINT, (bf_str){s.p + 3, s.len - 6});
    else if (bordered(s, "经", "同意"))
        hint(lx, d, BF_T_CONSENT_HINT, (bf_str){s.p + 3, s.len - 9});
    else if (bf_str_starts(s, BF_STR("未逾期")))
        bf_diag_hint(lx->p->diags, d, BF_T_NOT_LAPSED_HINT, BF_NOARGS);
    else if (bf_str_contains(s, BF_STR("不计入")) || bf_str_contains(s, BF_STR("扣除")))
        bf_diag_hint(lx->p->diags, d, BF_T_PAUSES_HINT, BF_NOARGS);
    else if (bf_str_starts(s, BF_STR("依次")))
        bf_diag_hint(lx->p->diags, d, BF_T_HINT_APART_TURN, BF_NOARGS);
    else
        return false;
    return true;
}

/* 由使用部门启动 is one word by the word rule: was 由 使用部门 启动 meant? */
static bool hint_spaces(struct bf_lexer *lx, struct bf_diag *d, struct bf_range at) {
    static const char *const openers[] = {
        "重新计算", "中止计算", "本状态最长", "经过", "保存", "预期", "内",   "每年", "状态",
        "之后",     "之前",     "通知",       "认定", "延长", "适用", "制发", "免除", "由",
        "因",       "自",       "在",         "将",   "向",   "经",   "对",   "如",   "凡",
        "设",       "于",       "按",         "以",   "非",   "令"};
    static const char *const closers[] = {"启动", "提出",   "发起",   "同意",   "报备",
                                          "构成", "提起",   "确定",   "已提供", "未提供",
                                          "延长", "已逾期", "已按期", "已迟延", "已中止",
                                          "处于", "不超过", "内",     "属于",   "改为"};
    bf_str s = bf_lexer_text(lx, at), head = {s.p, 0}, tail = {s.p + s.len, 0};
    struct bf_buf out;
    if (!(s.p[0] & 0x80) || hint_form(lx, d, s))
        return s.p[0] & 0x80;
    for (size_t i = 0; i < sizeof openers / sizeof *openers && !head.len; i++)
        if (bf_str_starts(s, bf_str_of(openers[i])))
            head.len = (uint32_t)strlen(openers[i]);
    bf_buf_in(&out, lx->p->arena);
    bool whole = head.len == 3; /* 在…内 */
    bf_buf_str(&out, whole ? BF_STR("") : head);
    if (!bf_set_apart(whole ? s : (bf_str){s.p + head.len, s.len - head.len}, &out)) {
        for (size_t i = 0; i < sizeof closers / sizeof *closers && !tail.len; i++) {
            uint32_t n = (uint32_t)strlen(closers[i]);
            if (s.len > head.len + n && !memcmp(s.p + s.len - n, closers[i], n))
                tail = (bf_str){s.p + s.len - n, n};
        }
        if ((!head.len && !tail.len) || s.len == head.len)
            return false;
        bf_buf_str(&out, whole ? head : BF_STR(""));
        bf_buf_z(&out, head.len ? " " : "");
        bf_str middle = {s.p + head.len, s.len - head.len - tail.len};
        if (!bf_zh_period(middle, &out))
            bf_buf_str(&out, middle);
        bf_buf_z(&out, tail.len ? " " : "");
        bf_buf_str(&out, tail);
    }
    bf_diag_hint(lx->p->diags, d, BF_T_SPACES_HINT,
                 BF_ARGS(bf_arg_str(s), bf_arg_str(bf_buf_view(&out))));
    return true;
}

/* What a number was cut off from: 3月内, 行2. */
static bool hint_number(struct bf_lexer *lx, struct bf_diag *d, struct bf_range at) {
    bool adjacent = lx->before_at.end == at.start && at.start;
    if (!adjacent)
        return false;
    if (lx->before_kind == T_INT && bf_str_starts(bf_lexer_text(lx, at), BF_STR("月"))) {
        hint(lx, d, BF_T_MONTHS_HINT, bf_lexer_text(lx, lx->before_at));
        return true;
    }
    if (lx->before_kind != T_NAME || (lx->last.kind != T_INT && lx->last.kind != T_PERIOD) ||
        !(lx->base[at.start - 1] & 0x80))
        return false;
    bf_str name = bf_lexer_text(lx, lx->before_at);
    if (lx->last.kind == T_PERIOD && name.len > 3 &&
        (bf_str_starts(name, BF_STR("在")) || bf_str_starts(name, BF_STR("于")))) {
        static const char *const ends[] = {"之后", "以后", "后", "起", ""};
        bf_str event = {name.p + 3, name.len - 3};
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (bordered(event, "", ends[i])) {
                event.len -= (uint32_t)strlen(ends[i]);
                break;
            }
        hint(lx, d, BF_T_SINCE_HINT, event);
        return true;
    }
    if (hint_spaces(lx, d, lx->before_at))
        return true;
    if (lx->base[at.start] & 0x80) /* 三日 is no part of a name either way */
        return false;
    hint(lx, d, BF_T_DIGIT_HINT, bf_lexer_text(lx, (struct bf_range){lx->before_at.start, at.end}));
    return true;
}

/* …，通知 X: an effect stands in braces. …一次，不得超过30日: what an extension may not pass. */
static bool hint_behind_comma(struct bf_lexer *lx, struct bf_diag *d) {
    static const char *const effects[] = {"通知", "告知", "认定", "将", "并通知", "制发", "出具"};
    const struct bf_token *t = peek(lx);
    bf_str s = bf_lexer_text(lx, t->at);
    if (t->kind == T_MUST_NOT && lx->base[t->at.start] & 0x80) {
        bf_diag_hint(lx->p->diags, d, BF_T_NOT_MORE_HINT, BF_NOARGS);
        return true;
    }
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (bf_str_starts(s, bf_str_of(effects[i]))) {
            bf_diag_hint(lx->p->diags, d, BF_T_EFFECT_HINT, BF_NOARGS);
            return true;
        }
    return false;
}

/* The run of Chinese letters around a hinge: 视为同意. Read from the source: flex ends its last token with a NUL. */
static bf_str run_around(const struct bf_lexer *lx, struct bf_range at) {
    uint32_t n;
    enum bf_word word;
    if (bf_hinge(lx->base + at.start, &word) != at.end - at.start)
        return bf_lexer_text(lx, at);
    if (lx->before_kind == T_NAME && lx->before_at.end == at.start)
        at.start = lx->before_at.start;
    bf_str source = lx->p->sources->file[lx->file].text;
    while (at.end < source.len && (n = bf_scan_letter(source.p + at.end)))
        at.end += n;
    return (bf_str){source.p + at.start, at.end - at.start};
}

/* Does only space stand between a stray sign on this line and `at`? What goes on behind it then follows
** from the sign. */
static bool behind_stray(const struct bf_lexer *lx, uint32_t at) {
    while (at > lx->stray_end && (lx->base[at - 1] == ' ' || lx->base[at - 1] == '\t'))
        at--;
    return lx->stray_end && at == lx->stray_end;
}

static void report(struct bf_lexer *lx, struct bf_range at, const struct bf_expected *expected) {
    const struct bf_token *t = &lx->last;
    bf_arg text = bf_arg_str(bf_lexer_text(lx, at));
    if (t->kind == T_LATER) {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0030_LATER_PART, at, BF_ARGS(text));
        bf_diag_hint(lx->p->diags, d, BF_T_LATER_PART_HINT, BF_NOARGS);
    } else if (t->kind == T_STRING && bf_str_starts(bf_lexer_text(lx, at), BF_STR("《"))) {
        lx->error_end = at.end + 1; /* told already */
    } else if (t->kind == T_EOF_MARK) {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0002_ENDS_EARLY, at, BF_NOARGS);
        label_expected(lx, d, at, expected);
    } else if (t->kind == '}' && lx->closed_nothing) {
        bf_lexer_error(lx, BF_E0005_STRAY_BRACE, at, BF_NOARGS);
    } else if (behind_stray(lx, at.start)) {
        lx->error_end = at.end + 1; /* the sign was told */
    } else if (expected->named && !first_on_line(lx, at.start) && t->value.word && t->kind > 256 &&
               t->kind != T_NAME && t->value.word->word != BF_W_NAME && expected->count) {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0003_HARD_WORD, at, BF_ARGS(text));
        hint(lx, d, BF_T_HARD_WORD_HINT, run_around(lx, at));
    } else {
        struct bf_diag *d = bf_lexer_error(lx, BF_E0001_SYNTAX, at, BF_ARGS(text));
        bool subject = false;
        for (int i = 0; i < expected->count; i++)
            subject = subject || expected->token[i] == T_MAY;
        label_expected(lx, d, at, expected);
        if (t->kind == T_CONDITION_END && lx->before_kind == T_NAME &&
            bf_str_starts(bf_lexer_text(lx, lx->before_at), BF_STR("逾期")))
            bf_diag_hint(lx->p->diags, d, BF_T_OVERDUE_HINT, BF_NOARGS);
        else if (t->kind == ',' && bf_str_eq(bf_lexer_text(lx, at), BF_STR("、")))
            bf_diag_hint(lx->p->diags, d, subject ? BF_T_OR_HINT : BF_T_ONE_BY_ONE_HINT, BF_NOARGS);
        else if (t->kind == T_CONDITION_END && lx->before_kind == T_NAME)
            hint(lx, d, BF_T_CONDITION_HINT, bf_lexer_text(lx, lx->before_at));
        else if (t->kind == T_DATE && chinese(lx) && first_on_line(lx, at.start))
            hint(lx, d, BF_T_AT_HINT, bf_lexer_text(lx, at));
        else if (t->kind == T_DOT && lx->before_kind == T_NAME && lx->before_at.end == at.start &&
                 run_around(lx, at).len > at.end - at.start)
            hint(lx, d, BF_T_HARD_WORD_HINT, run_around(lx, at));
        else if (hint_number(lx, d, at) || (t->kind == T_NAME && hint_spaces(lx, d, at)))
            return;
        else if (t->kind == ',' && hint_behind_comma(lx, d))
            return;
        else if (t->kind == ',' && peek(lx)->kind == T_NAME && hint_spaces(lx, d, peek(lx)->at))
            return;
        else if (lx->before_kind == T_NAME)
            hint_spaces(lx, d, lx->before_at);
    }
}

/* The parser cannot go on with the token it was given last. */
void bf_lexer_syntax_error(struct bf_lexer *lx, struct bf_range at,
                           const struct bf_expected *expected) {
    struct bf_token t = lx->last;
    uint32_t from = t.at.start;
    if (lx->fatal)
        return;
    /* A second mistake at one token follows from the first. Recovering there more often than blocks can be open
     * gets nowhere: it is the end. */
    bool again = lx->sync_from == from + 1;
    if (!lx->silent && !again)
        report(lx, at, expected);
    lx->stuck = again ? lx->stuck + 1 : 0;
    if (lx->stuck > BF_NESTING_LIMIT) {
        lx->fatal = true;
        return;
    }
    if (bf_token_soft(lx->before_kind)) /* not a name yet when the parser drops it */
        bf_name_lose(lx->names, bf_name_intern(lx->names, bf_lexer_text(lx, lx->before_at)));
    lx->sync = true;
    lx->sync_inner = 0;
    lx->sync_depth = lx->depth;
    if (t.kind == '}' && !lx->closed_nothing)
        lx->sync_depth++;
    if (t.kind == '{')
        lx->sync_depth--;
    lx->sync_first = from >= lx->sync_from && t.kind != T_LATER;
    lx->sync_indent = indent_of(lx, from);
    /* a line that goes on the one before is indented more than the statement */
    if (first_on_line(lx, from) && lx->before_at.end && lx->before_kind != '{' &&
        indent_of(lx, lx->before_at.start) < lx->sync_indent)
        lx->sync_indent = indent_of(lx, lx->before_at.start);
    lx->sync_from = from + 1;
    unread(lx, &t);
}

void bf_lexer_unexpected(struct bf_lexer *lx) {
    static const struct bf_expected nothing = {.count = 0};
    bf_lexer_syntax_error(lx, lx->last.at, &nothing);
}
