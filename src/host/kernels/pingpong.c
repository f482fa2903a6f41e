/* pingpong n: two tasks hand a number to and fro over two channels without buffers; every hand adds 1.
 * Twice n times a task waits and is woken: what is measured is that. arg: which of the two. Value:
 * round trips that came back with the right number. */
#include <stdlib.h>

#include "host/kernel.h"

enum { PING, PONG };

struct player {
    _Alignas(128) struct ps_port port;
    bool holds; /* it sends next */
    uint64_t number, round;
};

struct table {
    struct ps_chan chan[2]; /* to PING, to PONG */
    struct player player[2];
};

static enum ps_err open_table(struct ps_kernel *kernel)
{
    struct table *table = aligned_alloc(128, sizeof *table);
    if (!table)
        return PS_ENOMEM;
    *table = (struct table){.player[PING] = {.holds = true}};
    ps_chan_init(&table->chan[PING], 0); /* without a buffer it cannot fail */
    ps_chan_init(&table->chan[PONG], 0);
    kernel->state = table;
    return PS_OK;
}

static void close_table(struct ps_kernel *kernel)
{
    struct table *table = kernel->state;
    ps_chan_destroy(&table->chan[PING]);
    ps_chan_destroy(&table->chan[PONG]);
    free(table);
}

static void stop(struct ps_kernel *kernel)
{
    struct table *table = kernel->state;
    ps_chan_close(&table->chan[PING]);
    ps_chan_close(&table->chan[PONG]);
}

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    for (uint64_t who = PING; who <= PONG; who++)
        ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){who});
}

/* PING ends with the value in its hand, PONG without. */
static bool is_through(const struct player *player, uint64_t who, uint64_t rounds)
{
    return player->round == rounds && player->holds == (who == PING);
}

static enum ps_err hand_over(struct player *player, struct ps_job *node, struct ps_chan *to)
{
    enum ps_err err = ps_port_send(&player->port, node, to, player->number + 1);
    player->holds = err != PS_OK;
    return err;
}

/* What PING gets back in round i is 2 i + 2. */
static enum ps_err take(struct player *player, uint64_t who, struct ps_job *node,
                        struct ps_chan *from)
{
    enum ps_err err = ps_port_receive(&player->port, node, from, &player->number);
    if (err != PS_OK)
        return err;
    if (who == PING)
        ps_node_give(node, player->number == 2 * player->round + 2);
    player->round++;
    player->holds = true;
    return PS_OK;
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    struct table *table = kernel->state;
    uint64_t who = node->node.arg[0];
    struct player *player = &table->player[who];
    while (!is_through(player, who, kernel->step->n)) {
        enum ps_err err = player->holds ? hand_over(player, node, &table->chan[1 - who])
                                        : take(player, who, node, &table->chan[who]);
        if (err == PS_EAGAIN)
            return &player->port.wait.wait;
        if (err != PS_OK)
            return NULL;
    }
    return NULL;
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    *value = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    return *value == kernel->step->n;
}

static const struct ps_kernel_ops pingpong_ops = {.open = open_table,
                                                  .start = start,
                                                  .run = run,
                                                  .stop = stop,
                                                  .answer = answer,
                                                  .close = close_table};
extern const struct ps_step_ops ps_step_pingpong;
const struct ps_step_ops ps_step_pingpong = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &pingpong_ops};
