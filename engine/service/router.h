/* From method and path to one of the routes of routes.def.
**
** Who answers keeps a table of handlers beside, written from the same routes.def:
**
**     static const handler handlers[] = {
**     #define ROUTE(name, method, template, who, flags) [BF_ROUTE_##name] = on_##name,
*/
#ifndef BF_ROUTER_H
#define BF_ROUTER_H

#include "engine/service/http_conn.h"

enum bf_route {
#define ROUTE(name, method, template, who, flags) BF_ROUTE_##name,
#include "engine/service/routes.def"
    BF_ROUTES
};

enum { BF_ROUTE_PARTS = 4 };

struct bf_match {
    int status; /* 200: route is set; 404; 405: allow is set */
    enum bf_route route;
    bf_str parts[BF_ROUTE_PARTS]; /* what the braces took, in order; views into the path */
    unsigned part_count;
    char allow[64]; /* "GET, HEAD, POST" */
};

void bf_route_find(enum bf_http_method method, bf_str path, struct bf_match *m);
const char *bf_route_template(enum bf_route r); /* as written; of metrics and documents */
enum bf_http_method bf_route_method(enum bf_route r);
/* Answers a match that is none: 404, or 405 with Allow. */
void bf_route_refuse(struct bf_http_request *r, const struct bf_match *m);

#endif
