/* persons: see persons.h. */
#include "engine/core/persons.h"

const struct bf_persons bf_persons_anyone = {{0}, {0}, {0}};

const struct bf_persons *bf_persons_copy(struct bf_arena *a, const struct bf_persons *by) {
    if (!by)
        return NULL;
    struct bf_persons *copy = bf_new(a, struct bf_persons);
    copy->person = bf_value_copy(a, by->person);
    copy->principal = bf_value_copy(a, by->principal);
    copy->clerk = bf_value_copy(a, by->clerk);
    return copy;
}

/* Absent: nobody knows. */
static struct bf_value person_of(struct bf_value who, const struct bf_persons *by) {
    if (by && bf_present(by->person))
        return by->person;
    return who.kind == BF_K_PERSON && who.aux == BF_NO_OFFICE ? who : BF_ABSENT;
}

static struct bf_value principal_of(const struct bf_persons *by) {
    return by ? by->principal : BF_ABSENT;
}

static bool one(struct bf_value x, struct bf_value y) {
    return bf_present(x) && bf_value_equal(x, y);
}

bool bf_persons_same(struct bf_value x, const struct bf_persons *x_by, struct bf_value y,
                     const struct bf_persons *y_by) {
    struct bf_value p = person_of(x, x_by), q = person_of(y, y_by);
    if (!bf_present(p) || !bf_present(q))
        return bf_value_equal(x, y) && !(bf_present(p) && y_by == &bf_persons_anyone);
    return one(p, q) || one(p, principal_of(y_by)) || one(principal_of(x_by), q) ||
           one(principal_of(x_by), principal_of(y_by));
}

void bf_persons_json(const struct bf_image *m, const struct bf_persons *by, struct bf_buf *out) {
    const struct {
        const char *key;
        struct bf_value v;
    } part[] = {{"clerk", by->clerk}, {"person", by->person}, {"principal", by->principal}};
    char open = '{';
    for (int i = 0; i < 3; i++) {
        if (!bf_present(part[i].v))
            continue;
        bf_buf_char(out, open);
        bf_buf_quoted(out, part[i].key);
        bf_buf_char(out, ':');
        bf_value_json(m, part[i].v, out);
        open = ',';
    }
    bf_buf_char(out, '}');
}
