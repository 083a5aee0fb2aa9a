/* Routes that nobody answers yet. Whoever writes one takes its line away; at the end the file is gone. */
#include "engine/service/api.h"

static void later(struct bf_call *c) {
    bf_call_problem(c, 501, "later", BF_T_API_NOT_YET_BUILT,
                    BF_ARGS(bf_arg_str(bf_str_of(bf_route_template(c->match.route)))));
}

void bf_on_policy_migrate(struct bf_call *c) { later(c); }
