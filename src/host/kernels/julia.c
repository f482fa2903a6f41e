/* julia WxH iterations: the Julia set of c = -0.8 + 0.156 i, a task a tile, into the segment's picture
 * (metrics/picture.h), with who drew it. arg: which tile. Value: a sum over all pixels, each weighed by
 * its place, modulo 2^48 so that every JSON reader has it exactly. */
#include "base/clock.h"
#include "host/kernel.h"
#include "model/kernels.h"

/* One pixel in so many is computed again to check the picture: about 2 % of the work. */
#define CHECKED 61u

static const uint64_t VALUE = (UINT64_C(1) << 48) - 1;

/* Iterations until z leaves the circle of radius 2; the shorter edge spans -1.2 to 1.2. */
static uint16_t escape(const struct ps_picture_shape *shape, uint32_t x, uint32_t y)
{
    double edge = shape->width < shape->height ? shape->width : shape->height;
    double re = 2.4 * (x + 0.5 - shape->width / 2.0) / edge;
    double im = 2.4 * (y + 0.5 - shape->height / 2.0) / edge;
    uint32_t i = 0;
    for (; i < shape->iterations && re * re + im * im <= 4; i++) {
        double next = re * re - im * im - 0.8;
        im = 2 * re * im + 0.156;
        re = next;
    }
    return (uint16_t)i;
}

static uint64_t weigh(const struct ps_picture_shape *shape, uint32_t x, uint32_t y, uint16_t count)
{
    return count * (2 * ((uint64_t)y * shape->width + x) + 1);
}

static struct ps_picture *picture_of(const struct ps_kernel *kernel)
{
    return ps_segment_picture(kernel->run->segment);
}

static enum ps_err open_pass(struct ps_kernel *kernel)
{
    struct ps_picture *picture = picture_of(kernel);
    if (!picture)
        return PS_EPROTO;
    uint32_t pass = atomic_fetch_add_explicit(&picture->passes, 1, memory_order_relaxed) + 1;
    kernel->state = (void *)(uintptr_t)pass;
    return PS_OK;
}

static void start(struct ps_kernel *kernel, struct ps_job *job)
{
    uint32_t tiles = ps_picture_tiles(picture_of(kernel));
    for (uint64_t tile = 0; tile < tiles; tile++)
        if (!ps_node_spawn(kernel, job, &kernel->sum, (uint64_t[4]){tile}))
            return;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* false: it is to stop. */
static bool draw(struct ps_picture *picture, uint32_t tile, struct ps_job *node, uint64_t *sum)
{
    const struct ps_picture_shape *shape = &picture->shape;
    uint32_t left = tile % picture->columns * shape->tile;
    uint32_t top = tile / picture->columns * shape->tile;
    uint32_t right = smaller(left + shape->tile, shape->width);
    uint32_t bottom = smaller(top + shape->tile, shape->height);
    for (uint32_t y = top; y < bottom; y++) {
        _Atomic uint16_t *row = ps_picture_row(picture, y);
        if (ps_node_stops(node))
            return false;
        for (uint32_t x = left; x < right; x++) {
            uint16_t count = escape(shape, x, y);
            atomic_store_explicit(&row[x], count, memory_order_relaxed);
            *sum += weigh(shape, x, y, count);
        }
    }
    return true;
}

static struct ps_wait *run(struct ps_kernel *kernel, struct ps_job *node)
{
    struct ps_picture *picture = picture_of(kernel);
    uint32_t number = (uint32_t)node->node.arg[0];
    struct ps_tile *tile = ps_picture_tile(picture, number);
    uint64_t began_ns = ps_now_ns(), sum = 0;
    if (!draw(picture, number, node, &sum))
        return NULL;
    int slot = ps_worker_self();
    uint32_t owner = slot >= 0 ? (uint32_t)slot : kernel->run->segment->slots;
    atomic_store_explicit(&tile->time_ns, ps_now_ns() - began_ns, memory_order_relaxed);
    atomic_store_explicit(&tile->pass, (uint32_t)(uintptr_t)kernel->state, memory_order_relaxed);
    /* release, partner: readers of the picture. */
    atomic_store_explicit(&tile->owner, owner + 1, memory_order_release);
    ps_node_give(node, sum);
    return NULL;
}

/* The picture holds what the tiles added up, and a grid of its pixels is right. */
static bool answer(struct ps_kernel *kernel, uint64_t *value)
{
    const struct ps_picture *picture = picture_of(kernel);
    const struct ps_picture_shape *shape = &picture->shape;
    uint64_t sum = 0, pixel = 0, wrong = 0;
    for (uint32_t y = 0; y < shape->height; y++) {
        _Atomic uint16_t *row = ps_picture_row(picture, y);
        for (uint32_t x = 0; x < shape->width; x++) {
            uint16_t count = atomic_load_explicit(&row[x], memory_order_relaxed);
            sum += weigh(shape, x, y, count);
            wrong += pixel++ % CHECKED == 0 && count != escape(shape, x, y);
        }
    }
    uint64_t added = atomic_load_explicit(&kernel->sum, memory_order_relaxed);
    *value = added & VALUE;
    return wrong == 0 && sum == added;
}

static const struct ps_kernel_ops julia_ops = {
    .open = open_pass, .start = start, .run = run, .answer = answer};
extern const struct ps_step_ops ps_step_julia;
const struct ps_step_ops ps_step_julia = {
    .advance = ps_kernel_advance, .abandon = ps_kernel_abandon, .kernel = &julia_ops};
