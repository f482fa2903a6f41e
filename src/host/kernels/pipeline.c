/* pipeline stages depth: numbers go through a row of tasks, each of which adds 1, over channels that
 * hold `depth`. A source feeds the first, a drain adds up what the last lets out. arg: which place in
 * the row, 0 the source. Value: that sum. */
#include <stdlib.h>

#include "host/kernel.h"

/* A task in the row; channel i leads to place i. */
struct place {
    _Alignas(128) struct ps_port port;
    bool holds; /* `number` is to be sent */
    uint64_t number, taken;
};

struct row {
    uint32_t places; /* stages + 2 */
    struct place *place;
    struct ps_chan *chan;
};

static void free_row(struct row *row)
{
    for (uint32_t i = 0; row->chan && i < row->places; i++)
        ps_chan_destroy(&row->chan[i]);
    free(row->chan);
    free(row->place);
    free(row);
}

static enum ps_err open_row(struct ps_kernel *kernel)
{
    struct row *row = calloc(1, sizeof *row);
    if (!row)
        return PS_ENOMEM;
    row->places = kernel->step->stages + 2;
    row->chan = calloc(row->places, sizeof *row->chan);
    row->place = aligned_alloc(128, row->places * sizeof *row->place);
    enum ps_err err = row->chan && row->place ? PS_OK : PS_ENOMEM;
    for (uint32_t i = 0; err == PS_OK && i < row->places; i++) {
        row->place[i] = (struct place){.number = 0};
        err = ps_chan_init(&row->chan[i], kernel->step->depth);
    }
    if (err != PS_OK)
        free_row(row);
    kernel->state = row;
    return err;
}

static void close_row(struct ps_kernel *kernel)
{
    free_row(kernel->state);
}

static void stop(struct ps_kernel *kernel)
{
    struct row *row = kernel->state;
    for (uint32_t i = 0; i < row->places; i++)
        ps_chan_close(&row->chan[i]);
}

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    const struct row *row = kernel->state;
    for (uint64_t i = 0; i < row->places; i++)
        if (!ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){i}))
            return;
}

/* The next number of place i. PS_EAGAIN: it waits. */
static enum ps_err take(struct ps_job *node, struct row *row, uint64_t i)
{
    struct place *place = &row->place[i];
    uint64_t number = 0;
    if (i == 0) {
        place->number = place->taken;
    } else {
        enum ps_err err = ps_port_receive(&place->port, node, &row->chan[i], &number);
        if (err != PS_OK)
            return err;
        place->number = number + (i + 1 < row->places);
    }
    place->taken++;
    if (i + 1 == row->places)
        ps_node_give(node, place->number);
    else
        place->holds = true;
    return PS_OK;
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    struct row *row = kernel->state;
    uint64_t i = node->node.arg[0];
    struct place *place = &row->place[i];
    while (place->holds || place->taken < kernel->step->n) {
        enum ps_err err = PS_OK;
        if (place->holds) {
            err = ps_port_send(&place->port, node, &row->chan[i + 1], place->number);
            place->holds = err == PS_EAGAIN;
        } else {
            err = take(node, row, i);
        }
        if (err == PS_EAGAIN)
            return &place->port.wait.wait;
        if (err != PS_OK)
            return NULL;
    }
    return NULL;
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    uint64_t n = kernel->step->n;
    *value = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    return *value == n * kernel->step->stages + n * (n - 1) / 2;
}

static const struct ps_kernel_ops pipeline_ops = {.open = open_row,
                                                  .start = start,
                                                  .run = run,
                                                  .stop = stop,
                                                  .answer = answer,
                                                  .close = close_row};
extern const struct ps_step_ops ps_step_pipeline;
const struct ps_step_ops ps_step_pipeline = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &pipeline_ops};
