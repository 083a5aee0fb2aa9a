/* Shared by the commands that run scenarios; see scenario.h. */
#include "cli/scenario.h"

#include <string.h>

#define SCENARIO_MEMORY ((size_t)1 << 30)

void bf_cli_assume_take(struct bf_cli_assume *as, int *argc, char **argv) {
    const char *v;
    as->count = 0;
    while (as->count < BF_CLI_ASSUMES && (v = bf_cli_value(argc, argv, "--assume")) != NULL)
        as->given[as->count++] = v;
}

static uint32_t assume_named(const struct bf_image *m, bf_str name) {
    for (uint32_t i = 0; i < m->assume_count; i++)
        if (bf_str_eq(bf_i_text(m, m->assume[i].name), name) ||
            (m->str[m->assume[i].label].len && bf_str_eq(bf_i_text(m, m->assume[i].label), name)))
            return i;
    return BF_NONE;
}

static bool one_of(bf_str s, const char *x, const char *y) {
    return bf_str_eq(s, bf_str_of(x)) || bf_str_eq(s, bf_str_of(y));
}

static bool whole_number(bf_str s, int64_t *n, bf_str *rest) {
    uint32_t i = 0;
    *n = 0;
    for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        if (*n > (INT64_MAX - 9) / 10)
            return false;
        *n = *n * 10 + (s.p[i] - '0');
    }
    *rest = (bf_str){s.p + i, s.len - i};
    while (rest->len && *rest->p == ' ') {
        rest->p++;
        rest->len--;
    }
    return i > 0;
}

static bool read_enum(const struct bf_image *m, uint32_t row, bf_str s, struct bf_value *v) {
    struct bf_i_range r = m->enums[row].members;
    for (uint32_t i = 0; i < r.count; i++)
        if (bf_str_eq(bf_i_text(m, m->member[r.first + i].name), s) ||
            bf_str_eq(bf_i_label(m, m->member[r.first + i].name, m->member[r.first + i].label),
                      s)) {
            *v = bf_enum_value(row, i);
            return true;
        }
    return false;
}

static bool read_period(uint32_t unit, bf_str s, struct bf_value *v) {
    static const char *const word[][2] = {
        {"working days", "个工作日"}, {"days", "日"}, {"months", "个月"}, {"hours", "小时"}};
    int64_t n;
    bf_str rest;
    if (!whole_number(s, &n, &rest) || n < 1)
        return false;
    *v = bf_period_value((enum bf_unit)unit, n);
    return !rest.len || one_of(rest, word[unit][0], word[unit][1]);
}

/* A value as a person types it: yes, 3, 2025-10-13, 5 working days, a member of an enumeration, none. */
static bool read_value(const struct bf_image *m, uint32_t type, bf_str s, struct bf_value *v) {
    const struct bf_i_type *t = &m->type[type];
    bf_day day;
    bf_str rest;
    int64_t n;
    if (one_of(s, "none", "未定")) {
        *v = BF_ABSENT;
        return t->optional;
    }
    if (t->kind == BF_K_BOOL) {
        *v = bf_bool(one_of(s, "yes", "是"));
        return one_of(s, "yes", "是") || one_of(s, "no", "否");
    }
    if (t->kind == BF_K_DATE && bf_day_parse(s, &day)) {
        *v = bf_date(day);
        return true;
    }
    if (t->kind == BF_K_DECIMAL && bf_decimal_parse(s, &n)) {
        *v = bf_value_of(BF_K_DECIMAL, n);
        return true;
    }
    if (t->kind == BF_K_INT && whole_number(s, &n, &rest) && !rest.len) {
        *v = bf_int(n);
        return true;
    }
    if (t->kind == BF_K_TEXT) {
        *v = bf_text_value(BF_K_TEXT, s);
        return true;
    }
    if (t->kind == BF_K_ENUM)
        return read_enum(m, t->ref, s, v);
    return t->kind == BF_K_PERIOD && read_period(t->ref, s, v);
}

static int no_such_assume(const struct bf_cli *cli, const struct bf_image *m, bf_str name) {
    struct bf_buf names;
    bf_buf_init(&names);
    for (uint32_t i = 0; i < m->assume_count; i++) {
        if (i)
            bf_buf_z(&names, cli->lang == BF_LANG_ZH ? "、" : ", ");
        bf_buf_str(&names, bf_i_text(m, m->assume[i].name));
    }
    int status = bf_cli_missing(cli, m->assume_count ? BF_T_CLI_NO_ASSUME : BF_T_CLI_NO_ASSUMES,
                                BF_ARGS(bf_arg_str(name), bf_arg_str(bf_buf_view(&names))));
    bf_buf_fini(&names);
    return status;
}

int bf_cli_assume_values(struct bf_cli *cli, const struct bf_cli_assume *as,
                         struct bf_cli_policy *p, const struct bf_value **values) {
    *values = NULL;
    if (!as->count)
        return BF_EXIT_FINE;
    struct bf_value *v = bf_assume_defaults(p->arena, p->image);
    for (int i = 0; i < as->count; i++) {
        const char *eq = strchr(as->given[i], '=');
        if (!eq)
            return bf_cli_usage(cli, BF_T_CLI_ASSUME_FORM,
                                BF_ARGS(bf_arg_str(bf_str_of(as->given[i]))));
        bf_str name = {as->given[i], (uint32_t)(eq - as->given[i])}, value = bf_str_of(eq + 1);
        uint32_t row = assume_named(p->image, name);
        if (row == BF_NONE)
            return no_such_assume(cli, p->image, name);
        if (bf_utf8_check(value.p, value.len) != value.len ||
            !read_value(p->image, p->image->assume[row].type, value, &v[row]))
            return bf_cli_missing(cli, BF_T_CLI_ASSUME_VALUE,
                                  BF_ARGS(bf_arg_str(name), bf_arg_str(value)));
    }
    *values = v;
    return BF_EXIT_FINE;
}

uint32_t bf_cli_scenario_find(const struct bf_cli *cli, const struct bf_image *m,
                              const char *title) {
    uint32_t matches, found = bf_sim_find(m, bf_str_of(title), &matches);
    if (found != BF_NONE)
        return found;
    struct bf_buf list;
    bf_buf_init(&list);
    for (uint32_t i = 0; i < m->scenario_count; i++) {
        bf_str t = bf_i_text(m, m->scenario[i].title);
        if (matches && !bf_str_contains(t, bf_str_of(title)))
            continue;
        bf_buf_z(&list, "\n  ");
        bf_buf_str(&list, t);
    }
    bf_cli_missing(cli, matches ? BF_T_CLI_MANY_SCENARIOS : BF_T_CLI_NO_SCENARIO,
                   BF_ARGS(bf_arg_str(bf_str_of(title)), bf_arg_str(bf_buf_view(&list))));
    bf_buf_fini(&list);
    return BF_NONE;
}

struct bf_arena *bf_cli_scenario_arena(const struct bf_cli *cli) {
    struct bf_error e;
    struct bf_arena *a = bf_arena_new(SCENARIO_MEMORY);
    if (!a) {
        bf_fail(&e, BF_ENOMEM, "out of memory");
        bf_cli_fail(cli, &e);
    }
    return a;
}

bool bf_cli_instant(const struct bf_calendar *c, const char *z, bf_instant *at) {
    bf_str s = bf_str_of(z);
    bf_day day;
    int32_t seconds = 0;
    if (s.len < 10 || !bf_day_parse((bf_str){s.p, 10}, &day))
        return false;
    if (s.len > 10 && ((s.p[10] != 'T' && s.p[10] != ' ') ||
                       !bf_clock_parse((bf_str){s.p + 11, s.len - 11}, &seconds)))
        return false;
    *at =
        bf_calendar_instant(c, seconds == BF_DAY_SECONDS ? day + 1 : day, seconds % BF_DAY_SECONDS);
    return true;
}
