/* Two tasks pass a token over two unbuffered channels. */
#include <stdlib.h>

#include "bench.h"
#include "engines/chan.h"

static _Alignas(128) _Atomic long done;

struct player {
    struct ps_task task;
    struct ps_chan_wait wait;
    struct ps_chan_case operation;
    struct ps_chan *in, *out;
    bool sends, waits; /* what is next, what it is in; event style */
    long left;         /* operations */
    intptr_t token;
};
static struct player player[2];

static void player_released(struct ps_task *task)
{
    (void)task;
    bench_done(&done, 2);
}

/* Direct style, as the peers': one sends first, the other receives first. */
static void player_run(struct ps_task *task)
{
    struct player *self = (struct player *)task;
    void *value;
    for (; self->left > 0; self->left--, self->sends = !self->sends)
        if (self->sends) {
            if (ps_chan_send(self->out, task, (void *)(self->token + 1), PS_NEVER) != PS_OK)
                return;
        } else {
            if (ps_chan_receive(self->in, task, &value, PS_NEVER) != PS_OK)
                return;
            self->token = (intptr_t)value;
        }
}

/* The first operation that has to wait, or NULL at the end. */
static struct ps_wait *player_step(struct ps_task *task)
{
    struct player *self = (struct player *)task;
    unsigned chosen;
    while (self->waits || self->left > 0) {
        enum ps_err err;
        if (self->waits) {
            err = ps_select_again(&self->wait, &chosen);
        } else {
            self->operation = (struct ps_chan_case){self->sends ? self->out : self->in, self->sends,
                                                    (void *)(self->token + 1)};
            err = ps_select_begin(&self->wait, task, &self->operation, 1, &chosen, PS_NEVER);
        }
        self->waits = err == PS_EAGAIN;
        if (self->waits)
            return &self->wait.wait;
        if (err != PS_OK)
            return NULL;
        if (!self->sends)
            self->token = (intptr_t)self->operation.value;
        self->sends = !self->sends;
        self->left--;
    }
    return NULL;
}

static const struct ps_body player_body = {
    .name = "player", .run = player_run, .step = player_step, .release = player_released};

static bool play(struct bench *bench, struct ps_chan chan[2])
{
    atomic_store(&done, 0);
    for (int i = 0; i < 2; i++) {
        ps_task_init(&player[i].task, &player_body, (uint32_t)i, 0);
        player[i].in = &chan[i];
        player[i].out = &chan[!i];
        player[i].sends = i == 0;
        player[i].waits = false;
        player[i].left = bench->n / 2 * 2;
        player[i].token = 0;
        if (ps_submit(bench->engine, &player[i].task, PS_NEVER) != PS_OK)
            return false;
    }
    bench_await(&done, 2);
    return player[0].token == bench->n / 2 * 2;
}

double bench_pingpong(struct bench *bench)
{
    struct ps_chan chan[2];
    bool good = true;
    if (!bench_engine(bench, 64, PS_ON_FULL_BLOCK) || !bench_waits(bench, 2) ||
        ps_chan_init(&chan[0], 0) != PS_OK || ps_chan_init(&chan[1], 0) != PS_OK)
        return -1;
    while (bench_round(&bench->rounds))
        good &= play(bench, chan);
    ps_chan_destroy(&chan[0]);
    ps_chan_destroy(&chan[1]);
    return good ? (double)(bench->n / 2 * 2) : 0;
}
