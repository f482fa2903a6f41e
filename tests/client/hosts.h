/* Real hosts for tests, started as the front end starts them: the program re-executes itself as
 * `host` (and `worker`), which its main must dispatch. */
#ifndef PS_TESTS_CLIENT_HOSTS_H
#define PS_TESTS_CLIENT_HOSTS_H

#include "support.h"

#include "client/live.h"

#define PATIENCE_NS (30 * (uint64_t)PS_NS_PER_S)

/* What host_look saw last. */
extern struct ps_snapshot host_seen;

/* An experiment from its text, with keys set over it: pairs of key and value that end with NULL, or NULL. */
struct ps_experiment host_experiment_of(const char *text, const char *const *pairs);
/* Keys are set over a small open load. Pairs of key and value, ends with NULL. */
struct ps_experiment host_experiment_with(const char *const *pairs);
#define WITH(...) host_experiment_with((const char *const[]){__VA_ARGS__, NULL})
#define PLAIN     host_experiment_with((const char *const[]){NULL})

struct ps_live *host_start(struct ps_experiment experiment);
void host_look(struct ps_live *live);
/* Look again and again until the predicate holds; the pause only spares the CPU. */
void host_until(struct ps_live *live, bool (*predicate)(void), const char *what);
/* A control line whose answer has `part` in it. */
void host_tell(struct ps_live *live, const char *line, enum ps_err expected, const char *part);

bool host_ended(void);
bool host_has_completed_some(void);

#endif
