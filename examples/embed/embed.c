/* embed: a shop's refunds decided by their rules. Compile with the flags of `pkg-config --cflags --libs banfa`, run
** with the path of refund.banfa. It prints what happens; whatever goes wrong ends it with 1.
*/
#include <banfa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const ann = "{\"kind\":\"person\",\"code\":\"P1\",\"name\":\"Ann\"}";
static const char *const shop = "{\"kind\":\"organisation\",\"code\":\"S\",\"name\":\"The shop\"}";

static void must(int status, const char *message) {
    if (status == BANFA_OK)
        return;
    fprintf(stderr, "%d: %s\n", status, message ? message : "");
    exit(1);
}

/* The program's own data: what the rules ask of the register. */
static const char *order_row(void *ctx, const char *name, const char *key) {
    (void)ctx;
    return strcmp(name, "orders") == 0 && strcmp(key, "[\"A7\"]") == 0
               ? "{\"number\":\"A7\",\"paid\":12000}"
               : NULL;
}

static int64_t at(const banfa_calendar *c, const char *when) {
    int64_t instant = 0;
    must(banfa_calendar_instant(c, when, &instant), when);
    return instant;
}

static void show_offers(banfa_case *c, int which, int64_t now) {
    banfa_table *t;
    must(banfa_case_table(c, which, now, &t), banfa_case_message(c));
    for (size_t i = 0; i < banfa_table_rows(t); i++) {
        const char *until = banfa_table_text(t, i, "until");
        printf("  %s %s%s%s (article %s)\n", banfa_table_text(t, i, "act"),
               banfa_table_text(t, i, "open"), until ? " until " : "", until ? until : "",
               banfa_table_text(t, i, "article"));
    }
    banfa_table_free(t);
}

/* What happened, and with it what the program has to do: here it says so. */
static void show_facts(banfa_case *c) {
    banfa_table *t;
    must(banfa_case_table(c, BANFA_FACTS, 0, &t), banfa_case_message(c));
    for (size_t i = 0; i < banfa_table_rows(t); i++)
        if (banfa_table_text(t, i, "text"))
            printf("  %s\n", banfa_table_text(t, i, "text"));
    banfa_table_free(t);
}

/* What the calendar starts between two instants; the program would keep the second one. */
static void start_what_is_due(banfa_policy *policy, banfa_calendar *calendar, int64_t after,
                              int64_t until) {
    const char *procedure, *reg;
    banfa_case *c;
    while (banfa_starts_next(policy, calendar, after, &after) == BANFA_OK && after <= until) {
        for (unsigned i = 0;
             banfa_starts_at(policy, calendar, after, i, &procedure, &reg) == BANFA_OK; i++) {
            must(reg ? BANFA_ARGUMENT : BANFA_OK, "these rules start nothing for each row");
            must(banfa_case_new(policy, calendar, procedure, 2, &c, NULL), procedure);
            must(banfa_case_start(c, i, NULL, after), banfa_case_message(c));
            printf("the calendar starts %s, now %s\n", procedure, banfa_case_state(c));
            banfa_case_free(c);
        }
    }
}

int main(int argc, char **argv) {
    banfa_policy *policy = NULL;
    banfa_calendar *calendar = NULL;
    banfa_case *c = NULL;
    char *message = NULL, *kept = NULL;
    int64_t next;
    if (argc != 2)
        return 1;
    must(banfa_compile(argv[1], "en", &policy, &message), message);
    banfa_free(message);
    must(banfa_calendar_open(banfa_policy_calendar(policy), &calendar, &message), message);

    must(banfa_case_new(policy, calendar, "refund", 1, &c, &message), message);
    banfa_case_registers(c, order_row, NULL);
    must(banfa_case_open(c, ann,
                         "{\"shop\":{\"code\":\"S\",\"name\":\"The shop\"},\"order\":\"A7\"}",
                         at(calendar, "2025-09-29 10:00")),
         banfa_case_message(c));
    printf("opened, now %s\n", banfa_case_state(c));
    show_offers(c, BANFA_OFFERS, at(calendar, "2025-09-29 10:00"));

    if (banfa_case_act(c, "pay", shop, "{\"amount\":0}", at(calendar, "2025-09-30 09:00")) ==
        BANFA_REFUSED) {
        printf("refused: %s\n", banfa_case_message(c));
        show_offers(c, BANFA_LAWFUL, 0);
    }

    must(banfa_case_save(c, &kept), banfa_case_message(c)); /* into the program's database … */
    banfa_case_free(c);
    must(banfa_case_restore(policy, calendar, kept, strlen(kept), &c, &message),
         message); /* … and back */
    banfa_free(kept);
    banfa_case_registers(c, order_row, NULL);

    must(banfa_case_next_lapse(c, &next), "no limit");
    must(banfa_case_tick(c, next), banfa_case_message(c)); /* the shop says nothing */
    printf("the limit passes, now %s\n", banfa_case_state(c));
    show_facts(c);

    banfa_case_free(c);
    start_what_is_due(policy, calendar, at(calendar, "2025-10-11"), at(calendar, "2026-12-31"));
    banfa_calendar_release(calendar);
    banfa_policy_release(policy);
    return 0;
}
