/* primes n: the primes up to n by a chain of tasks (Hoare, "Communicating Sequential Processes", 1978,
 * after McIlroy). A source sends 2 to n; the first number that a filter gets is a prime, whose multiples
 * it lets go and all others pass on. A filter spawns the next one behind it; one whose prime is above
 * the root of n needs none: what it gets is prime. arg: place in the chain, 0 the source. Value: how
 * many primes there are. */
#include <stdlib.h>

#include "host/kernel.h"

enum { BUFFER = 16, JOINING = 2 };

/* Channel i leads to place i. */
struct place {
    _Alignas(128) struct ps_port port;
    bool holds; /* `number` is to be sent */
    bool last;
    uint64_t number, prime;
};

struct chain {
    uint32_t places; /* an upper bound */
    struct place *place;
    struct ps_chan *chan;
};

static void free_chain(struct chain *chain)
{
    for (uint32_t i = 0; chain->chan && i < chain->places; i++)
        ps_chan_destroy(&chain->chan[i]);
    free(chain->chan);
    free(chain->place);
    free(chain);
}

static bool is_prime(uint64_t n)
{
    for (uint64_t d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n >= 2;
}

/* The source, the primes up to the root of n, and the one behind. */
static uint32_t places_for(uint64_t n)
{
    uint32_t places = 2;
    for (uint64_t p = 2; p * p <= n; p++)
        places += is_prime(p);
    return places;
}

static enum ps_err open_chain(struct ps_kernel *kernel)
{
    struct chain *chain = calloc(1, sizeof *chain);
    if (!chain)
        return PS_ENOMEM;
    chain->places = places_for(kernel->step->n);
    chain->chan = calloc(chain->places, sizeof *chain->chan);
    chain->place = aligned_alloc(128, chain->places * sizeof *chain->place);
    enum ps_err err = chain->chan && chain->place ? PS_OK : PS_ENOMEM;
    for (uint32_t i = 0; err == PS_OK && i < chain->places; i++) {
        chain->place[i] = (struct place){.number = i == 0 ? 2 : 0, .holds = i == 0};
        err = ps_chan_init(&chain->chan[i], BUFFER);
    }
    if (err != PS_OK)
        free_chain(chain);
    kernel->state = chain;
    return err;
}

static void close_chain(struct ps_kernel *kernel)
{
    free_chain(kernel->state);
}

static void stop(struct ps_kernel *kernel)
{
    struct chain *chain = kernel->state;
    for (uint32_t i = 0; i < chain->places; i++)
        ps_chan_close(&chain->chan[i]);
}

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    if (ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){0}))
        ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){1});
}

static void meet(struct ps_kernel *kernel, struct ps_job *node, struct place *place,
                 uint64_t number)
{
    if (place->prime == 0) {
        place->prime = number;
        place->last = number * number > kernel->step->n;
        ps_node_give(node, 1);
        if (!place->last)
            ps_node_spawn(kernel, node, &kernel->sum, (uint64_t[4]){node->node.arg[0] + 1});
    } else if (place->last) {
        ps_node_give(node, 1);
    } else if (number % place->prime != 0) {
        place->number = number;
        place->holds = true;
    }
}

/* One operation. PS_ECLOSED: there is nothing more. */
static enum ps_err move(struct ps_kernel *kernel, struct ps_job *node, struct place *place,
                        struct ps_chan *in)
{
    if (place->holds) {
        enum ps_err err = ps_port_send(&place->port, node, in + 1, place->number);
        place->holds = err == PS_EAGAIN;
        return err;
    }
    if (node->node.arg[0] == 0) {
        place->holds = place->number++ < kernel->step->n;
        return place->holds ? PS_OK : PS_ECLOSED;
    }
    uint64_t number = 0;
    enum ps_err err = ps_port_receive(&place->port, node, in, &number);
    if (err == PS_OK)
        meet(kernel, node, place, number);
    return err;
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    struct chain *chain = kernel->state;
    uint64_t i = node->node.arg[0];
    struct place *place = &chain->place[i];
    if (node->phase == JOINING)
        return NULL;
    enum ps_err err;
    do
        err = move(kernel, node, place, &chain->chan[i]);
    while (err == PS_OK);
    if (err == PS_EAGAIN)
        return &place->port.wait.wait;
    if (i + 1 < chain->places)
        ps_chan_close(&chain->chan[i + 1]);
    return place->prime && !place->last ? ps_node_join(node, JOINING) : NULL;
}

static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    uint64_t n = kernel->step->n, primes = 0;
    uint8_t *composite = calloc(n + 1, 1);
    *value = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    if (!composite)
        return false;
    for (uint64_t i = 2; i <= n; i++) {
        primes += !composite[i];
        for (uint64_t m = i * i; !composite[i] && m <= n; m += i)
            composite[m] = 1;
    }
    free(composite);
    return *value == primes;
}

static const struct ps_kernel_ops primes_ops = {.open = open_chain,
                                                .start = start,
                                                .run = run,
                                                .stop = stop,
                                                .answer = answer,
                                                .close = close_chain};
extern const struct ps_step_ops ps_step_primes;
const struct ps_step_ops ps_step_primes = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &primes_ops};
