/* record: see record.h. Rows put go before the first entry that could read them. */
#include "engine/sim/record.h"

#include <string.h>

#include "engine/core/refused.h"

uint32_t bf_record_count(const struct bf_sim *s) { return s->entry_count + s->put_count; }

/* The row number of an entry (from 0), past the rows put before it. */
static uint64_t seq_of(const struct bf_sim *s, uint32_t entry) {
    uint32_t puts = 0;
    while (puts < s->put_count && s->puts[puts].after <= entry)
        puts++;
    return (uint64_t)entry + puts + 1;
}

bf_instant bf_record_begin(const struct bf_sim *s) {
    bf_instant first = s->entry_count ? s->entries[0].event.recorded : s->now;
    for (uint32_t i = 0; i < s->put_count; i++)
        if (s->puts[i].at != BF_INSTANT_NONE && s->puts[i].at < first)
            first = s->puts[i].at;
    return first;
}

static void head(const struct bf_sim *s, const struct bf_image *m, struct bf_entry *n,
                 enum bf_entry_kind kind, uint64_t seq, bf_instant recorded) {
    *n = (struct bf_entry){.head = {.format = BF_JOURNAL_FORMAT,
                                    .kind = (uint16_t)kind,
                                    .seq = seq,
                                    .recorded = recorded},
                           .image = m,
                           .proc = BF_NONE,
                           .day = BF_DAY_NONE};
    memcpy(n->policy, m->hash, BF_SHA256_LEN);
    memcpy(n->calendar, bf_calendar_hash(s->calendar), BF_SHA256_LEN);
}

static void put(const struct bf_sim *s, uint64_t seq, const struct bf_sim_put *p,
                struct bf_entry *n) {
    const struct bf_image *m = s->image;
    struct bf_buf data;
    head(s, m, n, BF_ENTRY_REGISTER, seq, p->at == BF_INSTANT_NONE ? bf_record_begin(s) : p->at);
    bf_buf_in(&data, s->arena);
    bf_buf_z(&data, "{\"register\":");
    bf_json_text(bf_i_text(m, m->reg[p->reg].name), &data);
    bf_buf_z(&data, ",\"row\":");
    bf_value_json(m, p->row, &data);
    bf_buf_char(&data, '}');
    n->data = bf_buf_view(&data);
}

/* As the service's directory says it (docs/STORE.md). */
static void succession(const struct bf_sim *s, uint64_t seq, const struct bf_sim_put *p,
                       struct bf_entry *n) {
    const struct bf_image *m = s->image;
    const struct bf_value *v = p->row.u.items;
    char day[BF_DAY_TEXT];
    struct bf_buf data;
    head(s, m, n, BF_ENTRY_DIRECTORY, seq, p->at);
    n->image = NULL;
    memset(n->policy, 0, sizeof n->policy);
    memset(n->calendar, 0, sizeof n->calendar);
    bf_buf_in(&data, s->arena);
    bf_buf_z(&data, "{\"rows\":[{\"id\":");
    struct bf_value code = v[0].u.items[BF_PARTY_CODE];
    bf_value_json(m, bf_present(code) ? code : v[0].u.items[BF_PARTY_NAME], &data);
    bf_buf_fmt(
        &data, ",\"json\":{\"at\":%lld,\"day\":\"%s\",\"department\":", (long long)p->at,
        bf_day_print(bf_calendar_day_of(s->calendar, p->at, (int32_t)m->policy.day_ends), day));
    bf_value_json(m, v[0], &data);
    if (bf_present(v[2])) {
        bf_buf_z(&data, ",\"instrument\":");
        bf_value_json(m, v[2], &data);
    }
    bf_buf_z(&data, ",\"successors\":");
    bf_value_json(m, v[1], &data);
    bf_buf_z(&data, "},\"kind\":\"succession\"}]}");
    n->data = bf_buf_view(&data);
}

/* A case that went over to the text that amends its own. */
static void over(const struct bf_sim *s, const struct bf_sim_entry *e, struct bf_entry *n) {
    struct bf_buf data;
    bf_buf_in(&data, s->arena);
    bf_migrate_json(s->text[e->text + 1].image, s->text[e->text].image, e->over, &data);
    n->proc = e->proc;
    n->data = bf_buf_view(&data);
    n->facts = e->facts;
    n->fact_count = e->fact_count;
}

static void entry(const struct bf_sim *s, uint64_t seq, const struct bf_sim_entry *e,
                  struct bf_entry *n) {
    const struct bf_image *m = s->text[e->text].image;
    head(s, m, n,
         e->over                 ? BF_ENTRY_MIGRATE
         : e->outcome == BF_DONE ? BF_ENTRY_STEP
                                 : BF_ENTRY_REFUSAL,
         seq, e->event.recorded);
    n->head.number = e->number;
    if (e->over) {
        over(s, e, n);
        return;
    }
    n->proc = e->proc;
    n->event = e->event;
    n->day = bf_calendar_day_of(s->calendar, e->event.effective, (int32_t)m->policy.day_ends);
    n->cause = e->cause       ? seq_of(s, e->cause - 1)
               : e->cause_put ? s->puts[e->cause_put - 1].after + e->cause_put
                              : 0;
    if (e->outcome == BF_REFUSED) {
        struct bf_buf data;
        bf_buf_in(&data, s->arena);
        bf_refused_json(m, &e->refused, &data);
        n->data = bf_buf_view(&data);
    }
    n->facts = e->facts;
    n->fact_count = e->fact_count;
}

void bf_record_entry(const struct bf_sim *s, uint32_t i, struct bf_entry *n) {
    uint32_t puts = 0; /* that come before the row */
    while (puts < s->put_count && s->puts[puts].after + puts < i)
        puts++;
    if (puts < s->put_count && s->puts[puts].after + puts == i)
        (s->puts[puts].reg == BF_NONE ? succession : put)(s, i + 1, &s->puts[puts], n);
    else
        entry(s, i + 1, &s->entries[i - puts], n);
}
