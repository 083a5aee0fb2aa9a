/* decide: see decide.h. */
#include "engine/sim/decide.h"

#include "engine/sim/words.h"

uint32_t bf_decide_find(const struct bf_image *m, bf_str name) {
    for (uint32_t i = 0; i < m->decision_count; i++) {
        bf_str label = bf_i_text(m, m->decision[i].label);
        if (bf_str_eq(bf_i_text(m, m->decision[i].name), name) ||
            (label.len && bf_str_eq(label, name)))
            return i;
    }
    return BF_NONE;
}

static void answer_json(const struct bf_question *q, struct bf_env *env,
                        const struct bf_value *args, const struct bf_decided *decided,
                        struct bf_buf *out) {
    const struct bf_i_decision *row = &q->image->decision[q->decision];
    bool provisional = env->provisional, first = true;
    bf_buf_z(out, "\"because\":[");
    for (uint32_t i = 0; i < row->rules.count; i++) {
        if (!bf_rule_fired(env, q->decision, args, decided, i))
            continue;
        uint32_t src = q->image->rule[row->rules.first + i].src;
        bf_buf_z(out, first ? "{\"cites\":" : ",{\"cites\":");
        first = false;
        bf_words_cites_json(q->image, src, out);
        bf_buf_fmt(out, ",\"rule\":%u}", (unsigned)i + 1);
    }
    bf_buf_z(out, provisional ? "],\"provisional\":true,\"result\":" : "],\"result\":");
    bf_value_json(q->image, decided->result, out);
}

enum bf_decide_end bf_decide_answer(struct bf_question *q, enum bf_why *why, struct bf_buf *out) {
    struct bf_i_range params = q->image->decision[q->decision].params;
    struct bf_json_read read = {.image = q->image,
                                .arena = q->arena,
                                .lang = q->lang,
                                .error = q->error,
                                .where = "",
                                .know = q->know,
                                .ctx = q->ctx};
    struct bf_value *args = bf_new_array(q->arena, struct bf_value, params.count + 1);
    struct bf_decided decided;
    struct bf_env env = {.image = q->image,
                         .world = q->world,
                         .arena = q->arena,
                         .assume = q->world->assume,
                         .today = q->today,
                         .budget = BF_STEP_BUDGET};
    if (!bf_json_fields(&read, "", q->args, params, args)) {
        q->where = read.where;
        return BF_DECIDE_ARGS;
    }
    *why = bf_decide(&env, q->decision, args, &decided);
    if (*why) {
        bf_text_render(q->error, q->lang, BF_T_DECIDE_FAULT,
                       BF_ARGS(bf_arg_str(bf_str_of(bf_why_word(*why)))));
        return BF_DECIDE_FAULT;
    }
    answer_json(q, &env, args, &decided, out);
    return BF_DECIDED;
}
