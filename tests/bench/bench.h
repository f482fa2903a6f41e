/* Benchmarks of the engines through their public headers only, with the rules and the JSON keys of
 * the programs in peers/, so that one table holds both.
 *
 * Every bench runs one cold round and up to four warm ones on an engine that stays, and checks its
 * answer. Counters are on, as they are for everybody. */
#ifndef POOLSCOPE_BENCH_H
#define POOLSCOPE_BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "engines/engine.h"
#include "engines/fork.h"

enum { BENCH_ROUNDS = 5 };

struct bench_rounds {
    double seconds[BENCH_ROUNDS], begun, total, cpu_warm, cpu_total;
    int count;
    bool on;
};

struct bench {
    const char *peer, *name;
    unsigned workers;
    long n;
    const struct ps_policy *policy;
    struct ps_segment *segment;
    struct ps_engine *engine;
    struct bench_rounds rounds;
};

/* One row of the table. run: leaves its rounds in bench->rounds and returns operations a round; 0:
 * the answer was wrong; < 0: the engine cannot do it. extra: more JSON members, or NULL. */
struct bench_row {
    const char *name;
    double (*run)(struct bench *bench);
    void (*extra)(const struct bench *bench);
    const char *op; /* what an operation is */
};
extern const struct bench_row bench_rows[]; /* ends with name == NULL */

/* ---- rounds.c ---- */

/* `while (bench_round(&bench->rounds)) body;` Ends early when 2.5 s are used up. */
bool bench_round(struct bench_rounds *rounds);
void bench_once(struct bench_rounds *rounds, double seconds);
int bench_report(const struct bench *bench, const struct bench_row *row, double ops);
double bench_now(void);
double bench_cpu(void);
long bench_status_kb(const char *key);

/* The engine of this bench, started. queue, on_full: as in ps_engine_config. false: it would not. */
bool bench_engine(struct bench *bench, size_t queue, enum ps_on_full on_full);

/* Whether a task that waits leaves its worker to others, or one that joins helps. */
bool bench_parks(const struct bench *bench);
bool bench_joins(const struct bench *bench);
/* Whether so many tasks can wait for each other. */
bool bench_waits(const struct bench *bench, unsigned tasks);

/* Run `body` as one task of the engine and wait for its end. user: what task->user shall be. false:
 * the engine cannot run it. */
bool bench_inside(struct bench *bench, const struct ps_body *body, void *user);

/* Sleep until *word is at least `value`; woken by bench_done. */
void bench_await(_Atomic long *word, long value);
/* Add 1, and wake the waiter at `value`. */
void bench_done(_Atomic long *word, long value);

double bench_submit(struct bench *bench), bench_submit_inside(struct bench *bench);
double bench_burst(struct bench *bench), bench_chain(struct bench *bench);
double bench_fib(struct bench *bench), bench_skynet(struct bench *bench);
double bench_tasks(struct bench *bench), bench_tasks_inside(struct bench *bench);
double bench_skynet_tasks(struct bench *bench), bench_chain_tasks(struct bench *bench);
double bench_yield(struct bench *bench), bench_switch(struct bench *bench);
double bench_handoff(struct bench *bench), bench_pingpong(struct bench *bench);
double bench_sleepers(struct bench *bench), bench_sleepers_deep(struct bench *bench);
double bench_sleepers_steps(struct bench *bench), bench_wake(struct bench *bench);
double bench_work(struct bench *bench), bench_probes(struct bench *bench);
double bench_echo(struct bench *bench);
void bench_extra_sleepers(const struct bench *bench), bench_extra_wake(const struct bench *bench);
void bench_extra_probes(const struct bench *bench);

#endif
