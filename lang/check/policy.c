/* policy: the clauses of the `policy` declaration. See checker.h. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lang/base/stdlib.h"
#include "lang/check/checker.h"

static void check_force(struct bf_checker *c, const struct bf_node *n) {
    if (n->a && n->b && n->b->num < n->a->num) {
        struct bf_diag *d = bf_report(c, BF_E0104_FORCE_ORDER, n->b->span, BF_NOARGS);
        bf_label(c, d, n->a->span, BF_T_FORCE_BEGINS, BF_NOARGS);
    }
}

static bool calendar_in(const char *folder, bf_str name, char path[BF_PATH_MAX]) {
    size_t len = strlen(folder);
    int n = snprintf(path, BF_PATH_MAX, "%s%s%.*s", folder,
                     len && folder[len - 1] == '/' ? "" : "/", (int)name.len, name.p);
    if (n < 0 || (size_t)n + sizeof ".calendar" > BF_PATH_MAX)
        return false;
    for (char *s = path + n - name.len; *s; s++)
        if (*s == '.')
            *s = '/';
    memcpy(path + n, ".calendar", sizeof ".calendar");
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* In the policy's folder, then in the library's. looked: where it was not. */
static bool calendar_exists(const struct bf_checker *c, bf_str name, struct bf_buf *looked) {
    char path[BF_PATH_MAX] = "";
    for (uint32_t i = 0; i <= c->p->folder_count; i++) {
        if (calendar_in(i < c->p->folder_count ? c->p->folder[i] : c->p->stdlib, name, path))
            return true;
        bf_buf_z(looked, looked->len ? ", " : "");
        bf_buf_z(looked, path);
    }
    return false;
}

static bf_str near_calendar(bf_str name) {
    bf_str best = {0};
    uint32_t near = 4;
    static const uint32_t known[] = {
        BF_B_CN_WORKDAYS, BF_B_UK_ENGLAND_WALES, BF_B_UK_SCOTLAND, BF_B_UK_NORTHERN_IRELAND,
        BF_B_CH_BERN,     BF_B_DE_BERLIN,        BF_B_US_FEDERAL,  BF_B_NO_CALENDAR};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (int lang = 0; lang < 2; lang++) {
            bf_str text = bf_builtin_text(known[i], (enum bf_lang)lang);
            uint32_t d = bf_str_distance(name, text, near - 1);
            if (d < near) {
                near = d;
                best = text;
            }
        }
    return best;
}

/* The English spelling, or what is written where there is none. */
static bf_str one_calendar(struct bf_checker *c, const struct bf_node *module) {
    bf_str written = bf_module_text(c->arena, module), name = bf_module_english(written);
    struct bf_buf looked;
    bf_buf_in(&looked, c->arena);
    if (!name.len || bf_str_eq(name, bf_builtin_text(BF_B_NO_CALENDAR, BF_LANG_EN)) ||
        calendar_exists(c, name, &looked))
        return name;
    struct bf_diag *d =
        bf_report(c, BF_E0106_NO_SUCH_CALENDAR, module->span, BF_ARGS(bf_arg_str(written)));
    bf_str near = near_calendar(written);
    if (near.len)
        bf_hint(c, d, BF_T_HINT_WRITE, BF_ARGS(bf_arg_str(near)));
    bf_hint(c, d, BF_T_HINT_CALENDAR_AT, BF_ARGS(bf_arg_str(bf_buf_view(&looked))));
    return name;
}

/* The names of several are joined by +, as the calendar of all of them is called. */
static void check_calendar(struct bf_checker *c, const struct bf_node *n) {
    struct bf_buf all;
    bf_buf_in(&all, c->arena);
    for (const struct bf_node *m = n->a; m; m = m->next) {
        bf_str name = one_calendar(c, m);
        if (!name.len)
            return;
        for (const struct bf_node *k = n->a; k != m; k = k->next)
            if (bf_str_eq(bf_module_english(bf_module_text(c->arena, k)), name))
                bf_report(c, BF_E0102_CLAUSE_TWICE, m->span, BF_NOARGS);
        bf_buf_z(&all, m == n->a ? "" : "+");
        bf_buf_str(&all, name);
    }
    if (all.len)
        c->p->calendar = bf_str_z(c->arena, bf_buf_view(&all));
}

static void check_clause(struct bf_checker *c, const struct bf_node *n) {
    switch (n->kind) {
    case BF_N_P_RANK:
        if (n->a && n->a->num < 1)
            bf_report(c, BF_E0107_TOO_SMALL, n->a->span, BF_NOARGS);
        break;
    case BF_N_P_IN_FORCE: check_force(c, n); break;
    case BF_N_P_CALENDAR: check_calendar(c, n); break;
    case BF_N_P_DAY_ENDS:
        if (n->a && n->a->num < 1)
            bf_report(c, BF_E0107_TOO_SMALL, n->a->span, BF_NOARGS);
        break;
    case BF_N_P_RETAIN:
        if (n->a && n->a->num < 1)
            bf_report(c, BF_E0107_TOO_SMALL, n->a->span, BF_NOARGS);
        break;
    default: break; /* nothing can be wrong with the others */
    }
}

static void missing(struct bf_checker *c, const struct bf_node *policy, enum bf_text_id clause) {
    bf_report(c, BF_W0103_CLAUSE_MISSING, policy->a ? policy->a->span : policy->span,
              BF_ARGS(bf_arg_text(clause)));
}

void bf_check_policy(struct bf_checker *c) {
    const struct bf_node *seen[BF_NODE_KINDS] = {NULL};
    struct bf_node *policy = c->p->policy;
    c->p->calendar = "none";
    if (!policy)
        return;
    bf_check_cites(c, policy);
    for (struct bf_node *n = policy->c; n; n = n->next) {
        bf_check_cites(c, n);
        if (n->kind != BF_N_P_REPLACES && seen[n->kind]) {
            struct bf_diag *d = bf_report(c, BF_E0102_CLAUSE_TWICE, n->span, BF_NOARGS);
            bf_label(c, d, seen[n->kind]->span, BF_T_ALREADY_HERE, BF_NOARGS);
            continue;
        }
        seen[n->kind] = n;
        check_clause(c, n);
    }
    if (policy->flags & BF_F_BROKEN)
        return;
    if (!seen[BF_N_P_NUMBER])
        missing(c, policy, BF_T_CLAUSE_NUMBER);
    if (!seen[BF_N_P_RANK])
        missing(c, policy, BF_T_CLAUSE_RANK);
    if (!seen[BF_N_P_IN_FORCE])
        missing(c, policy, BF_T_CLAUSE_IN_FORCE);
    if (!seen[BF_N_P_CALENDAR] && c->working_days.file != BF_NO_FILE) {
        struct bf_diag *d = bf_report(c, BF_E0105_NO_CALENDAR, c->working_days, BF_NOARGS);
        bf_hint(c, d, BF_T_HINT_CALENDAR, BF_NOARGS);
    }
}
