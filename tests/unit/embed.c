/* The library by its public header alone: what comes in and out, errors, ownership, threads. */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdbool.h>

#include "engine/embed/banfa.h"
#include "tests/unit/fault.h"

#define ANN "{\"kind\":\"person\",\"code\":\"P1\",\"name\":\"Ann\"}"
#define BEN "{\"kind\":\"person\",\"code\":\"P2\"}"
#define OFFICE "{\"kind\":\"department\",\"code\":\"T\",\"name\":\"Town office\"}"
#define HEAD "{\"kind\":\"department\",\"code\":\"T\",\"name\":\"Town office\",\"office\":\"head\"}"

/* Calendar none: every day counts, offset 0, so that dates below are a hand's sum. */
static const char source[] =
    "policy p \"P\" { in force 2020-01-01 }\n"
    "assume patience : Days = 5 days @1 because \"nothing is said\"\n"
    "office head \"head\" per Department @1\n"
    "record Permit { code : Text holder : Person }\n"
    "register permits \"permits\" of Permit by code @1\n"
    "violation silence \"silence\" @2\n"
    "procedure ask \"asking\" @1 {\n"
    "  party who : Person\n"
    "  party town : Department\n"
    "  given code : Text\n"
    "  starts by who\n"
    "  require permits[code] is absent otherwise \"granted already\" @1.2\n"
    "  state open_ \"open\" {\n"
    "    town must answer \"answer\" within patience from start {\n"
    "      grant \"grant\" (years: Int) with consent of town.head if years <= 3 -> granted\n"
    "      refuse \"refuse\" (reason: Text) -> refused { notify who saying reason }\n"
    "    } otherwise -> refused { violate silence by town }\n"
    "  }\n"
    "  end granted { put permits Permit(code: code, holder: who) }\n"
    "  end refused\n"
    "}\n"
    "procedure look_into \"looking into it\" @3 {\n"
    "  party v_by : Party\n"
    "  given v : Violation\n"
    "  starts on violated(v: Violation, v_by: Party)\n"
    "  state begun { v_by may explain \"explain\" -> done { excuse v } lasts at most 1 month "
    "otherwise -> done }\n"
    "  end done\n"
    "}\n";

static banfa_policy *compiled(void) {
    banfa_policy *p = NULL;
    char *message = NULL;
    int status = banfa_compile_text("p.banfa", source, strlen(source), "en", &p, &message);
    if (status)
        fail_msg("%d: %s", status, message);
    banfa_free(message);
    return p;
}

static banfa_calendar *calendar(void) {
    banfa_calendar *c = NULL;
    assert_int_equal(banfa_calendar_open("none", &c, NULL), BANFA_OK);
    return c;
}

static int64_t at(const banfa_calendar *k, const char *when) {
    int64_t instant;
    assert_int_equal(banfa_calendar_instant(k, when, &instant), BANFA_OK);
    return instant;
}

/* A case of `ask` that Ann opened on 1 March 2024, and what it was made of. */
struct opened {
    banfa_policy *p;
    banfa_calendar *k;
    banfa_case *c;
};

static struct opened opened(void) {
    struct opened o = {compiled(), calendar(), NULL};
    assert_int_equal(banfa_case_new(o.p, o.k, "ask", 7, &o.c, NULL), BANFA_OK);
    assert_null(banfa_case_state(o.c));
    int status = banfa_case_open(o.c, ANN, "{\"town\":" OFFICE ",\"code\":\"X\"}",
                                 at(o.k, "2024-03-01 12:00"));
    if (status)
        fail_msg("%s", banfa_case_message(o.c));
    assert_string_equal(banfa_case_state(o.c), "open_");
    return o;
}

static void closed(struct opened *o) {
    banfa_case_free(o->c);
    banfa_calendar_release(o->k);
    banfa_policy_release(o->p);
}

/* A cell of the first row whose `key` is what it should be; NULL also if there is no such row. */
static char *cell(banfa_case *c, int which, int64_t now, const char *key, const char *is,
                  const char *column) {
    banfa_table *t = NULL;
    char *found = NULL;
    int status = banfa_case_table(c, which, now, &t);
    if (status)
        fail_msg("%s", banfa_case_message(c));
    for (size_t i = 0; !found && i < banfa_table_rows(t); i++) {
        const char *k = banfa_table_text(t, i, key), *v = banfa_table_text(t, i, column);
        if (k && strcmp(k, is) == 0 && v)
            found = strdup(v);
    }
    banfa_table_free(t);
    return found;
}

static void expect_cell(banfa_case *c, int which, int64_t now, const char *key, const char *is,
                        const char *column, const char *want) {
    char *got = cell(c, which, now, key, is, column);
    if (want ? !got || strcmp(got, want) != 0 : got != NULL)
        fail_msg("%s of %s: %s, not %s", column, is, got ? got : "nothing",
                 want ? want : "nothing");
    free(got);
}

/* ---- policies and calendars ---- */

static void test_mistakes(void **state) {
    static const char wrong[] =
        "policy p \"P\" { in force 2020-01-01 }\nprocedure q { party a : Persn }\n";
    banfa_policy *p = (banfa_policy *)&state;
    char *message = NULL;
    (void)state;
    assert_int_equal(banfa_compile_text("w.banfa", wrong, strlen(wrong), "en", &p, &message),
                     BANFA_MISTAKES);
    assert_null(p);
    assert_non_null(strstr(message, "w.banfa:2:"));
    assert_non_null(strstr(message, "Person"));
    banfa_free(message);
    assert_int_equal(banfa_compile_text("w.banfa", wrong, strlen(wrong), "en", &p, NULL),
                     BANFA_MISTAKES);
    assert_int_equal(banfa_compile_text("w.banfa", wrong, strlen(wrong), "fr", &p, &message),
                     BANFA_ARGUMENT);
    assert_int_equal(banfa_compile("/nowhere/at/all", "en", &p, &message), BANFA_IO);
    assert_non_null(strstr(message, "/nowhere/at/all"));
    banfa_free(message);
    assert_int_equal(banfa_compile("-", "en", &p, NULL), BANFA_ARGUMENT);
}

static void test_image(void **state) {
    banfa_policy *p = compiled(), *again = NULL;
    size_t len;
    char *message = NULL, *bytes;
    (void)state;
    const void *image = banfa_policy_image(p, &len);
    assert_string_equal(banfa_policy_calendar(p), "none");
    assert_int_equal(strlen(banfa_policy_version(p)), 64);
    bytes = malloc(len);
    memcpy(bytes, image, len);
    assert_int_equal(banfa_policy_load(bytes, len, &again, &message), BANFA_OK);
    assert_null(message);
    assert_string_equal(banfa_policy_version(again), banfa_policy_version(p));
    banfa_policy_release(again);
    bytes[len / 2] ^= 0x40;
    assert_int_equal(banfa_policy_load(bytes, len, &again, &message), BANFA_FORMAT);
    assert_null(again);
    banfa_free(message);
    assert_int_equal(banfa_policy_load(bytes, 3, &again, NULL), BANFA_FORMAT);
    assert_int_equal(banfa_policy_load(NULL, 0, &again, NULL), BANFA_FORMAT);
    free(bytes);
    banfa_policy_release(banfa_policy_retain(p));
    assert_int_equal(strlen(banfa_policy_version(p)), 64);
    banfa_policy_release(p);
    banfa_policy_release(NULL);
}

static void test_calendars(void **state) {
    static const char file[] = "banfa calendar 1\nname mine\nweekend never\noffset +02:00\n"
                               "from 2020-01-01\nhorizon 2030-12-31\n";
    banfa_calendar *k = NULL;
    banfa_case *c = NULL;
    char *message = NULL;
    int64_t instant;
    (void)state;
    assert_int_equal(banfa_calendar_load("mine", file, strlen(file), &k, &message), BANFA_OK);
    assert_int_equal(at(k, "1970-01-02 02:00"), 86400);
    assert_int_equal(at(k, "1970-01-01 24:00"), 86400 - 7200);
    assert_int_equal(at(k, "1970-01-02"), 86400 - 7200);
    assert_int_equal(banfa_calendar_instant(k, "1970-01-02 25:00", &instant), BANFA_ARGUMENT);
    assert_int_equal(banfa_calendar_instant(k, "yesterday", &instant), BANFA_ARGUMENT);
    /* it is not the one the policy counts by */
    banfa_policy *p = compiled();
    assert_int_equal(banfa_case_new(p, k, "ask", 1, &c, &message), BANFA_ARGUMENT);
    assert_non_null(strstr(message, "none"));
    assert_null(c);
    banfa_free(message);
    banfa_policy_release(p);
    banfa_calendar_release(k);
    assert_int_equal(banfa_calendar_load("mine", file, 20, &k, &message), BANFA_FORMAT);
    assert_null(k);
    banfa_free(message);
    assert_int_equal(banfa_calendar_open("no.such", &k, &message), BANFA_IO);
    banfa_free(message);
}

/* ---- cases ---- */

static void test_silence(void **state) {
    struct opened o = opened();
    int64_t lapse, now = at(o.k, "2024-03-01 12:00");
    banfa_case *child = NULL, *none = NULL;
    (void)state;
    /* 2, 3, 4, 5, 6 March count; the first instant too late is the 7th, 00:00 */
    expect_cell(o.c, BANFA_DUTIES, 0, "duty", "answer", "due", "2024-03-06");
    expect_cell(o.c, BANFA_DUTIES, 0, "duty", "answer", "status", "open");
    expect_cell(o.c, BANFA_DUTIES, 0, "duty", "answer", "article", "1");
    expect_cell(o.c, BANFA_OFFERS, now, "act", "refuse", "until", "2024-03-06");
    expect_cell(o.c, BANFA_OFFERS, now, "act", "refuse", "must", "yes");
    expect_cell(o.c, BANFA_OFFERS, now, "act", "refuse", "label", "refuse");
    expect_cell(o.c, BANFA_OFFERS, now, "act", "refuse", "no such column", NULL);
    assert_int_equal(banfa_case_next_lapse(o.c, &lapse), BANFA_OK);
    assert_int_equal(lapse, at(o.k, "2024-03-07"));
    /* of a moment past it nothing can be told before the lapse has happened */
    banfa_table *t;
    assert_int_equal(banfa_case_table(o.c, BANFA_OFFERS, lapse, &t), BANFA_ARGUMENT);
    assert_non_null(strstr(banfa_case_message(o.c), "banfa_case_tick"));
    assert_int_equal(banfa_case_tick(o.c, lapse - 1), BANFA_OK);
    assert_false(banfa_case_ended(o.c));
    assert_int_equal(banfa_case_tick(o.c, lapse), BANFA_OK);
    assert_true(banfa_case_ended(o.c));
    assert_string_equal(banfa_case_state(o.c), "refused");
    expect_cell(o.c, BANFA_DUTIES, 0, "duty", "answer", "status", "lapsed");
    expect_cell(o.c, BANFA_DUTIES, 0, "duty", "answer", "due", NULL);
    assert_int_equal(banfa_case_next_lapse(o.c, &lapse), BANFA_END);
    expect_cell(o.c, BANFA_FACTS, 0, "fact", "violated", "article", "1");
    /* which starts another case; its explanation strikes the violation out */
    assert_int_equal(banfa_case_child(o.c, 0, 8, &child), BANFA_OK);
    assert_string_equal(banfa_case_state(child), "begun");
    assert_int_equal(banfa_case_child(o.c, 1, 9, &none), BANFA_END);
    assert_null(none);
    assert_int_equal(banfa_case_act(child, "explain", OFFICE, NULL, at(o.k, "2024-03-08")),
                     BANFA_OK);
    assert_int_equal(banfa_case_excuse(o.c, child), BANFA_OK);
    expect_cell(o.c, BANFA_FACTS, 0, "fact", "excused", "fact", "excused");
    assert_int_equal(banfa_case_excuse(child, o.c), BANFA_END);
    banfa_case_free(child);
    closed(&o);
}

static const char running[] = /* what a case runs, hears of and leaves */
    "policy p \"p\" { number \"1\" rank 5 in force 2020-01-01 calendar none }\n"
    "procedure whole { party a : Person starts by a\n"
    "  a may leave -> closed\n"
    "  state here { run part(who_: a) { good -> done bad -> closed } }\n"
    "  end done end closed }\n"
    "procedure part { party who_ : Person\n"
    "  state s { who_ must act within 5 days { act -> good } otherwise -> bad }\n"
    "  end good end bad }\n";

static banfa_case *opened_whole(banfa_policy *p, banfa_calendar *k, banfa_case **part) {
    banfa_case *c, *none;
    assert_int_equal(banfa_case_new(p, k, "whole", 1, &c, NULL), BANFA_OK);
    assert_int_equal(banfa_case_open(c, BEN, NULL, at(k, "2024-03-01 09:00")), BANFA_OK);
    assert_int_equal(banfa_case_child(c, 0, 2, part), BANFA_OK);
    assert_int_equal(banfa_case_child(c, 1, 3, &none), BANFA_END);
    assert_int_equal(banfa_case_hear(*part, c), BANFA_END);
    assert_int_equal(banfa_case_hear(c, *part), BANFA_OK);
    assert_int_equal(banfa_case_hear(c, *part), BANFA_END);
    return c;
}

static void test_runs(void **state) {
    banfa_policy *p;
    banfa_calendar *k = calendar();
    banfa_case *part;
    (void)state;
    assert_int_equal(banfa_compile_text("p.banfa", running, strlen(running), "en", &p, NULL),
                     BANFA_OK);
    banfa_case *c = opened_whole(p, k, &part);
    assert_int_equal(banfa_case_act(part, "act", BEN, NULL, at(k, "2024-03-04 09:00")), BANFA_OK);
    assert_int_equal(banfa_case_hear(c, part), BANFA_OK);
    assert_string_equal(banfa_case_state(c), "done");
    assert_int_equal(banfa_case_hear(c, part), BANFA_END);
    assert_int_equal(banfa_case_hear(part, c), BANFA_END);
    banfa_case_free(part);
    banfa_case_free(c);
    c = opened_whole(p, k, &part);
    assert_int_equal(banfa_case_act(c, "leave", BEN, NULL, at(k, "2024-03-04 09:00")), BANFA_OK);
    assert_int_equal(banfa_case_hear(part, c), BANFA_OK);
    assert_string_equal(banfa_case_state(part), "cancelled");
    assert_int_equal(banfa_case_hear(part, c), BANFA_END);
    assert_int_equal(banfa_case_hear(c, part), BANFA_END);
    banfa_case_free(part);
    banfa_case_free(c);
    banfa_policy_release(p);
    banfa_calendar_release(k);
}

static const char yearly[] = /* what the calendar starts */
    "policy p \"p\" { number \"1\" rank 5 in force 2020-01-01 calendar none }\n"
    "record Market { town : Department day : Text }\n"
    "register markets of Market by town\n"
    "procedure review { party town : Department\n"
    "  starts every year on 02-01 with each town in markets\n"
    "  state s { town must report within 5 days { report -> done } otherwise -> done }\n"
    "  end done }\n"
    "procedure count_up { starts every 31 days state s { lasts at most 1 day otherwise -> done } "
    "end done }\n";

/* From 1 January 2020: 31 days are 1 February, a Saturday, when the review falls too; 62 are 3 March. */
static void test_calendar_starts(void **state) {
    banfa_policy *p;
    banfa_calendar *k = calendar();
    banfa_case *c, *d;
    const char *procedure, *reg;
    int64_t next;
    (void)state;
    assert_int_equal(banfa_compile_text("p.banfa", yearly, strlen(yearly), "en", &p, NULL),
                     BANFA_OK);
    assert_int_equal(banfa_starts_next(p, k, at(k, "2020-01-01"), &next), BANFA_OK);
    assert_int_equal(next, at(k, "2020-02-01"));
    assert_int_equal(banfa_starts_at(p, k, next, 0, &procedure, &reg), BANFA_OK);
    assert_string_equal(procedure, "review");
    assert_string_equal(reg, "markets");
    assert_int_equal(banfa_case_new(p, k, procedure, 1, &c, NULL), BANFA_OK);
    assert_int_equal(banfa_case_start(c, 0, NULL, next), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_start(c, 1, NULL, next), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_start(c, 0, "{\"town\":" OFFICE ",\"day\":\"Monday\"}", next + 1),
                     BANFA_ARGUMENT);
    assert_int_equal(banfa_case_start(c, 0, "{\"town\":" OFFICE ",\"day\":\"Monday\"}", next),
                     BANFA_OK);
    assert_string_equal(banfa_case_state(c), "s");
    expect_cell(c, BANFA_DUTIES, 0, "duty", "report", "due", "2020-02-06");
    assert_int_equal(banfa_case_act(c, "report", OFFICE, NULL, next), BANFA_OK);
    assert_int_equal(banfa_starts_at(p, k, next, 1, &procedure, &reg), BANFA_OK);
    assert_string_equal(procedure, "count_up");
    assert_null(reg);
    assert_int_equal(banfa_case_new(p, k, procedure, 2, &d, NULL), BANFA_OK);
    assert_int_equal(banfa_case_start(d, 1, "{}", next), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_start(d, 1, NULL, next), BANFA_OK);
    assert_int_equal(banfa_starts_at(p, k, next, 2, &procedure, &reg), BANFA_END);
    assert_int_equal(banfa_starts_next(p, k, next, &next), BANFA_OK);
    assert_int_equal(next, at(k, "2020-03-03"));
    banfa_case_free(c);
    banfa_case_free(d);
    banfa_policy_release(p);
    banfa_calendar_release(k);
}

static void test_refusals(void **state) {
    struct opened o = opened();
    int64_t now = at(o.k, "2024-03-02 09:00");
    char *before, *after;
    (void)state;
    assert_int_equal(banfa_case_save(o.c, &before), BANFA_OK);
    assert_int_equal(banfa_case_act(o.c, "refuse", BEN, "{\"reason\":\"no\"}", now), BANFA_REFUSED);
    assert_true(strlen(banfa_case_message(o.c)) > 0);
    assert_int_equal(banfa_case_act(o.c, "grant", OFFICE, "{\"years\":4}", now), BANFA_REFUSED);
    assert_non_null(strstr(banfa_case_message(o.c), "years <= 3"));
    expect_cell(o.c, BANFA_LAWFUL, 0, "act", "refuse", "until", "2024-03-06");
    expect_cell(o.c, BANFA_FACTS, 0, "fact", "refused", "fact", "refused");
    assert_int_equal(banfa_case_language(o.c, "zh"), BANFA_OK);
    assert_int_equal(banfa_case_act(o.c, "grant", OFFICE, "{\"years\":4}", now), BANFA_REFUSED);
    assert_non_null(strstr(banfa_case_message(o.c), "。") ? ""
                                                          : strstr(banfa_case_message(o.c), "不"));
    assert_int_equal(banfa_case_language(o.c, "fr"), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_language(o.c, "en"), BANFA_OK);
    /* wrong calls */
    assert_int_equal(banfa_case_act(o.c, "grunt", OFFICE, NULL, now), BANFA_ARGUMENT);
    assert_non_null(strstr(banfa_case_message(o.c), "grunt"));
    assert_int_equal(banfa_case_act(o.c, "refuse", OFFICE, "{\"reason\":", now), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_act(o.c, "refuse", OFFICE, "{\"reason\":1}", now), BANFA_ARGUMENT);
    assert_non_null(strstr(banfa_case_message(o.c), "reason"));
    assert_int_equal(banfa_case_act(o.c, "refuse", OFFICE, "{\"why\":\"x\"}", now), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_act(o.c, "refuse", "[]", "{\"reason\":\"x\"}", now),
                     BANFA_ARGUMENT);
    assert_int_equal(banfa_case_act(o.c, "refuse", NULL, "{\"reason\":\"x\"}", now),
                     BANFA_ARGUMENT);
    assert_int_equal(banfa_case_open(o.c, ANN, NULL, now), BANFA_ARGUMENT);
    /* none of which changed anything */
    assert_int_equal(banfa_case_save(o.c, &after), BANFA_OK);
    assert_string_equal(before, after);
    banfa_free(before);
    banfa_free(after);
    closed(&o);
}

static void test_consent(void **state) {
    struct opened o = opened();
    int64_t now = at(o.k, "2024-03-02 09:00");
    (void)state;
    assert_int_equal(banfa_case_act(o.c, "grant", OFFICE, "{\"years\":2}", now), BANFA_OK);
    assert_string_equal(banfa_case_state(o.c), "open_");
    expect_cell(o.c, BANFA_OFFERS, now, "kind", "consent", "act", "grant");
    assert_int_equal(banfa_case_consent(o.c, "grant", OFFICE, 1, now), BANFA_REFUSED);
    assert_int_equal(banfa_case_consent(o.c, "grant", HEAD, 1, now), BANFA_OK);
    assert_string_equal(banfa_case_state(o.c), "granted");
    /* the program's to do */
    char *put = cell(o.c, BANFA_FACTS, 0, "fact", "put", "json");
    assert_non_null(strstr(put, "\"permits\""));
    free(put);
    closed(&o);
}

/* Two people of one office are two, one of them at two posts is one, and so is his deputy. */
static void test_persons(void **state) {
    static const char eyes[] = "policy p \"P\" { in force 2020-01-01 }\n"
                               "office head \"head\" per Department @1\n"
                               "procedure eyes @1 {\n"
                               "  party town : Department\n"
                               "  starts by town\n"
                               "  state open_ { town may draft town or town.head may sign distinct "
                               "from draft -> signed }\n"
                               "  end signed\n"
                               "}\n";
    static const char *const wrong[] = {
        "", "[]", "{}", "{\"person\":5}", "{\"who\":" ANN "}", "{\"person\":" OFFICE "}"};
    struct opened o = {NULL, calendar(), NULL};
    int64_t now = at(o.k, "2024-03-01 12:00");
    (void)state;
    assert_int_equal(banfa_compile_text("e.banfa", eyes, strlen(eyes), "en", &o.p, NULL), BANFA_OK);
    assert_int_equal(banfa_case_new(o.p, o.k, "eyes", 1, &o.c, NULL), BANFA_OK);
    assert_int_equal(banfa_case_open(o.c, OFFICE, "{}", now), BANFA_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(banfa_case_by(o.c, wrong[i]), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_by(o.c, "{\"person\":" ANN "}"), BANFA_OK);
    assert_int_equal(banfa_case_act(o.c, "draft", OFFICE, NULL, now), BANFA_OK);
    char *fact = cell(o.c, BANFA_FACTS, 0, "fact", "acted", "json");
    assert_non_null(strstr(fact, "\"by\":{\"person\":{\"code\":\"P1\""));
    free(fact);
    /* kept and restored it is as it was */
    char *kept, *again;
    assert_int_equal(banfa_case_save(o.c, &kept), BANFA_OK);
    banfa_case_free(o.c);
    assert_int_equal(banfa_case_restore(o.p, o.k, kept, strlen(kept), &o.c, NULL), BANFA_OK);
    assert_int_equal(banfa_case_save(o.c, &again), BANFA_OK);
    assert_string_equal(kept, again);
    assert_non_null(strstr(kept, "\"by\":{\"person\":{\"code\":\"P1\""));
    memset(kept, 0, strlen(kept));
    banfa_free(kept);
    banfa_free(again);
    assert_int_equal(banfa_case_by(o.c, "{\"person\":" ANN "}"), BANFA_OK);
    assert_int_equal(banfa_case_act(o.c, "sign", HEAD, NULL, now), BANFA_REFUSED);
    assert_non_null(strstr(banfa_case_message(o.c), "Town office (by Ann) did \"draft\""));
    assert_int_equal(banfa_case_by(o.c, "{\"person\":" BEN ",\"principal\":" ANN "}"), BANFA_OK);
    assert_int_equal(banfa_case_act(o.c, "sign", HEAD, NULL, now), BANFA_REFUSED);
    assert_int_equal(banfa_case_by(o.c, NULL), BANFA_OK);
    assert_int_equal(banfa_case_act(o.c, "sign", OFFICE, NULL, now), BANFA_REFUSED);
    assert_int_equal(banfa_case_by(o.c, "{\"person\":" BEN "}"), BANFA_OK);
    assert_int_equal(banfa_case_act(o.c, "sign", OFFICE, NULL, now), BANFA_OK);
    closed(&o);
}

struct asked {
    int times;
    char key[64];
    const char *row;
};
static const char *row_of(void *ctx, const char *name, const char *key) {
    struct asked *a = ctx;
    a->times++;
    assert_string_equal(name, "permits");
    snprintf(a->key, sizeof a->key, "%s", key);
    return a->row;
}

static int open_with(struct opened *o, struct asked *a) {
    banfa_case_free(o->c);
    assert_int_equal(banfa_case_new(o->p, o->k, "asking", 1, &o->c, NULL),
                     BANFA_OK); /* its label */
    banfa_case_registers(o->c, row_of, a);
    return banfa_case_open(o->c, ANN, "{\"town\":" OFFICE ",\"code\":\"X\"}",
                           at(o->k, "2024-03-01"));
}

static void test_registers(void **state) {
    struct opened o = opened();
    struct asked a = {0};
    (void)state;
    assert_int_equal(open_with(&o, &a), BANFA_OK);
    assert_string_equal(a.key, "[\"X\"]");
    assert_true(a.times > 0);
    a.row = "{\"code\":\"X\",\"holder\":{\"code\":\"P9\"}}";
    assert_int_equal(open_with(&o, &a), BANFA_REFUSED);
    assert_non_null(strstr(banfa_case_message(o.c), "granted already"));
    assert_null(banfa_case_state(o.c));
    /* rows that are none of the register's are no absence */
    a.row = "{\"code\":\"X\"}";
    assert_int_equal(open_with(&o, &a), BANFA_ARGUMENT);
    assert_non_null(strstr(banfa_case_message(o.c), "holder"));
    a.row = "{";
    assert_int_equal(open_with(&o, &a), BANFA_ARGUMENT);
    closed(&o);
}

static void test_assumptions(void **state) {
    struct opened o = opened();
    int64_t lapse;
    (void)state;
    assert_int_equal(banfa_case_assume(o.c, "patience", "1"), BANFA_ARGUMENT); /* too late */
    banfa_case_free(o.c);
    assert_int_equal(banfa_case_new(o.p, o.k, "ask", 1, &o.c, NULL), BANFA_OK);
    assert_int_equal(banfa_case_assume(o.c, "patients", "1"), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_assume(o.c, "patience", "\"long\""), BANFA_ARGUMENT);
    assert_int_equal(banfa_case_assume(o.c, "patience", "2"), BANFA_OK);
    assert_int_equal(banfa_case_open(o.c, ANN, "{\"town\":" OFFICE ",\"code\":\"X\"}",
                                     at(o.k, "2024-03-01 12:00")),
                     BANFA_OK);
    assert_int_equal(banfa_case_next_lapse(o.c, &lapse), BANFA_OK);
    assert_int_equal(lapse, at(o.k, "2024-03-04")); /* 2 and 3 March */
    closed(&o);
}

/* Kept as a whole, or as facts: the same case, and it goes on. */
static void test_keeping(void **state) {
    struct opened o = opened();
    banfa_case *whole = NULL, *replayed = NULL;
    char *kept, *again, *message = NULL;
    (void)state;
    assert_int_equal(banfa_case_new(o.p, o.k, "ask", 7, &replayed, NULL), BANFA_OK);
    for (int step = 0; step < 2; step++) {
        banfa_table *t;
        assert_int_equal(banfa_case_table(o.c, BANFA_FACTS, 0, &t), BANFA_OK);
        assert_true(banfa_table_rows(t) > 0);
        for (size_t i = 0; i < banfa_table_rows(t); i++) {
            const char *json = banfa_table_text(t, i, "json");
            if (banfa_case_apply(replayed, json, strlen(json)))
                fail_msg("%s: %s", json, banfa_case_message(replayed));
        }
        banfa_table_free(t);
        assert_int_equal(banfa_case_save(o.c, &kept), BANFA_OK);
        assert_int_equal(banfa_case_save(replayed, &again), BANFA_OK);
        assert_string_equal(kept, again);
        banfa_free(again);
        if (step == 0) {
            banfa_free(kept);
            assert_int_equal(
                banfa_case_act(o.c, "grant", OFFICE, "{\"years\":2}", at(o.k, "2024-03-03")),
                BANFA_OK);
        }
    }
    assert_int_equal(banfa_case_restore(o.p, o.k, kept, strlen(kept), &whole, &message), BANFA_OK);
    memset(kept, 0, strlen(kept)); /* nothing of the text is kept */
    assert_int_equal(banfa_case_consent(whole, "grant", HEAD, 1, at(o.k, "2024-03-06 23:59:59")),
                     BANFA_OK);
    assert_string_equal(banfa_case_state(whole), "granted");
    banfa_free(kept);
    banfa_case_free(whole);
    assert_int_equal(banfa_case_restore(o.p, o.k, "{}", 2, &whole, &message), BANFA_FORMAT);
    assert_null(whole);
    banfa_free(message);
    assert_int_equal(banfa_case_apply(replayed, "{\"fact\":\"nonsense\"}", 19), BANFA_FORMAT);
    banfa_case_free(replayed);
    closed(&o);
}

static void test_explain(void **state) {
    struct opened o = opened();
    char *text;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(banfa_case_explain(o.c, at(o.k, "2024-03-02"), &text), BANFA_OK);
        assert_non_null(strstr(text, "2024-03-06"));
        banfa_free(text);
    }
    assert_int_equal(banfa_case_explain(o.c, at(o.k, "2024-02-01"), &text), BANFA_ARGUMENT);
    assert_null(text);
    closed(&o);
}

/* ---- no memory ---- */

/* All of a case's life, unless memory runs out, whatever then: nothing is lost, and the case is as it was. */
static bool live(void *ctx) {
    struct opened *o = ctx;
    struct asked asked = {.row = NULL};
    banfa_case *c = NULL, *again = NULL;
    banfa_table *t = NULL;
    char *text = NULL, *kept = NULL;
    int64_t now = 1709251200; /* 2024-03-01 */
    bool ok = banfa_case_new(o->p, o->k, "ask", 1, &c, NULL) == BANFA_OK;
    if (ok)
        banfa_case_registers(c, row_of, &asked);
    ok = ok && !banfa_case_assume(c, "patience", "3") &&
         !banfa_case_open(c, ANN, "{\"town\":" OFFICE ",\"code\":\"X\"}", now) &&
         banfa_case_act(c, "grant", OFFICE, "{\"years\":5}", now) == BANFA_REFUSED &&
         !banfa_case_table(c, BANFA_OFFERS, now, &t) && !banfa_case_explain(c, now, &text) &&
         !banfa_case_save(c, &kept);
    if (ok && banfa_case_act(c, "refuse", OFFICE, "{\"reason\":\"no\"}", now)) {
        assert_string_equal(banfa_case_state(c), "open_");
        ok = false;
    }
    ok = ok && !banfa_case_restore(o->p, o->k, kept, strlen(kept), &again, NULL);
    banfa_table_free(t);
    banfa_free(text);
    banfa_free(kept);
    banfa_case_free(c);
    banfa_case_free(again);
    return ok;
}

static bool compile_too(void *ctx) {
    static const char small[] = "policy p \"P\" { in force 2020-01-01 }\n";
    banfa_policy *p = NULL;
    char *message = NULL;
    (void)ctx;
    int status = banfa_compile_text("p.banfa", small, strlen(small), "en", &p, &message);
    banfa_free(message);
    banfa_policy_release(p);
    return status == BANFA_OK && message;
}

static void test_memory(void **state) {
    struct opened o = opened();
    (void)state;
    assert_true(fault_until_quiet(live, &o) > 10);
    assert_true(fault_until_quiet(compile_too, NULL) > 5);
    closed(&o);
}

/* ---- threads ---- */

struct worker {
    struct opened *shared;
    int number;
    char *end; /* the saved cases, joined by their order: the same for all */
};

static void *work(void *arg) {
    struct worker *w = arg;
    banfa_policy *p = banfa_policy_retain(w->shared->p);
    banfa_calendar *k = banfa_calendar_retain(w->shared->k);
    for (int i = 0; i < 50; i++) {
        banfa_case *c = NULL;
        banfa_table *t = NULL;
        int64_t lapse;
        char *text = NULL;
        assert_int_equal(banfa_case_new(p, k, "ask", 1, &c, NULL), BANFA_OK);
        assert_int_equal(
            banfa_case_open(c, ANN, "{\"town\":" OFFICE ",\"code\":\"X\"}", at(k, "2024-03-01")),
            BANFA_OK);
        assert_int_equal(banfa_case_table(c, BANFA_OFFERS, at(k, "2024-03-01 01:00"), &t),
                         BANFA_OK);
        banfa_table_free(t);
        assert_int_equal(banfa_case_explain(c, at(k, "2024-03-02"), &text), BANFA_OK);
        banfa_free(text);
        if (i % 2)
            assert_int_equal(
                banfa_case_act(c, "refuse", OFFICE, "{\"reason\":\"no\"}", at(k, "2024-03-02")),
                BANFA_OK);
        else if (banfa_case_next_lapse(c, &lapse) == BANFA_OK)
            assert_int_equal(banfa_case_tick(c, lapse), BANFA_OK);
        assert_true(banfa_case_ended(c));
        if (i == 49)
            assert_int_equal(banfa_case_save(c, &w->end), BANFA_OK);
        banfa_case_free(c);
    }
    banfa_policy *own = compiled(); /* compiling in several threads too */
    assert_string_equal(banfa_policy_version(own), banfa_policy_version(p));
    banfa_policy_release(own);
    banfa_policy_release(p);
    banfa_calendar_release(k);
    return NULL;
}

static void test_threads(void **state) {
    enum { WORKERS = 8 };
    struct opened o = opened();
    struct worker w[WORKERS];
    pthread_t thread[WORKERS];
    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        w[i] = (struct worker){.shared = &o, .number = i};
        assert_int_equal(pthread_create(&thread[i], NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_string_equal(w[i].end, w[0].end);
    }
    for (int i = 0; i < WORKERS; i++)
        banfa_free(w[i].end);
    closed(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),    cmocka_unit_test(test_image),
        cmocka_unit_test(test_calendars),   cmocka_unit_test(test_silence),
        cmocka_unit_test(test_runs),        cmocka_unit_test(test_calendar_starts),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_consent),
        cmocka_unit_test(test_persons),     cmocka_unit_test(test_registers),
        cmocka_unit_test(test_assumptions), cmocka_unit_test(test_keeping),
        cmocka_unit_test(test_explain),     cmocka_unit_test(test_memory),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
