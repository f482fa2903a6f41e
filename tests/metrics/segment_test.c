#include "support.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "metrics/segment.h"

static const char *const names[] = {"short", "a-name-that-is-far-longer-than-its-thirty-two-bytes"};

static void names_and_parts_are_where_the_header_says(void **state)
{
    (void)state;
    int fd;
    struct ps_segment *segment;
    assert_int_equal(ps_segment_create(3, 2, names, &fd, &segment), PS_OK);
    assert_int_equal(segment->version, PS_SEGMENT_VERSION);
    assert_int_equal(segment->total_bytes, ps_segment_bytes(3, 2));
    assert_string_equal(segment->type_name[0], "short");
    assert_int_equal(strlen(segment->type_name[1]), PS_NAME_BYTES - 1);
    assert_int_equal((uintptr_t)ps_segment_cell(segment, 1) % 128, 0);
    assert_int_equal((uintptr_t)ps_segment_type(segment, 3, 1) % 128, 0);
    char *end = (char *)segment + segment->total_bytes;
    assert_true((char *)(ps_segment_ring(segment, 3) + 1) == end);
    assert_true((char *)(ps_segment_type(segment, 3, 1) + 1) <=
                (char *)ps_segment_ring(segment, 0));
    ps_segment_unmap(segment);
    close(fd);
}

static void another_process_can_open_it(void **state)
{
    (void)state;
    int fd;
    struct ps_segment *segment, *other;
    assert_int_equal(ps_segment_create(2, 1, names, &fd, &segment), PS_OK);
    assert_int_equal(ps_segment_open(fd, &other), PS_OK);
    atomic_store(&ps_segment_cell(segment, 1)->started, 42);
    assert_int_equal(atomic_load(&ps_segment_cell(other, 1)->started), 42);
    ps_segment_unmap(other);
    ps_segment_unmap(segment);
    close(fd);
}

/* What a foreign or damaged segment is answered with. */
static enum ps_err open_damaged(void (*damage)(struct ps_segment *))
{
    int fd;
    struct ps_segment *segment, *other;
    assert_int_equal(ps_segment_create(2, 1, names, &fd, &segment), PS_OK);
    damage(segment);
    enum ps_err err = ps_segment_open(fd, &other);
    segment->total_bytes = ps_segment_bytes(2, 1);
    ps_segment_unmap(segment);
    close(fd);
    return err;
}

static void no_magic(struct ps_segment *s)
{
    s->magic = 1;
}
static void next_version(struct ps_segment *s)
{
    s->version++;
}
static void too_many_slots(struct ps_segment *s)
{
    s->slots = PS_MAX_WORKERS + 1;
}
static void no_types(struct ps_segment *s)
{
    s->types = 0;
}
static void other_slots(struct ps_segment *s)
{
    s->slots = 1;
}
static void far_offset(struct ps_segment *s)
{
    s->rings_at += 128;
}
static void other_size(struct ps_segment *s)
{
    s->total_bytes += 4096;
}

static void damaged_segments_are_refused(void **state)
{
    (void)state;
    assert_int_equal(open_damaged(no_magic), PS_EVERSION);
    assert_int_equal(open_damaged(next_version), PS_EVERSION);
    assert_int_equal(open_damaged(too_many_slots), PS_EPROTO);
    assert_int_equal(open_damaged(no_types), PS_EPROTO);
    assert_int_equal(open_damaged(other_slots), PS_EPROTO);
    assert_int_equal(open_damaged(far_offset), PS_EPROTO);
    assert_int_equal(open_damaged(other_size), PS_EPROTO);
}

static void change_width(struct ps_picture *p)
{
    p->shape.width++;
}
static void change_columns(struct ps_picture *p)
{
    p->columns--;
}
static void no_tile(struct ps_picture *p)
{
    p->shape.tile = 0;
}
static void endless(struct ps_picture *p)
{
    p->shape.width = p->shape.height = UINT32_MAX;
}
static void keep(struct ps_picture *p)
{
    (void)p;
}

static enum ps_err open_damaged_picture(void (*damage)(struct ps_picture *))
{
    int fd;
    struct ps_segment *segment, *other;
    struct ps_picture_shape shape = {33, 100, 500, 16};
    assert_int_equal(ps_segment_create_with_picture(2, 1, names, &shape, &fd, &segment), PS_OK);
    damage(ps_segment_picture(segment));
    enum ps_err err = ps_segment_open(fd, &other);
    if (err == PS_OK)
        ps_segment_unmap(other);
    ps_segment_unmap(segment);
    close(fd);
    return err;
}

static void a_picture_lies_behind_it(void **state)
{
    (void)state;
    int fd;
    struct ps_segment *segment, *other;
    struct ps_picture_shape shape = {33, 100, 500, 16}, none = {0, 10, 500, 16};
    assert_int_equal(ps_segment_create_with_picture(2, 1, names, &none, &fd, &segment), PS_EINVAL);
    assert_int_equal(ps_segment_create_with_picture(2, 1, names, &shape, &fd, &segment), PS_OK);
    assert_int_equal(ps_segment_open(fd, &other), PS_OK);
    struct ps_picture *picture = ps_segment_picture(segment), *seen = ps_segment_picture(other);
    assert_true(seen->columns == 3 && seen->rows == 7);
    assert_int_equal(ps_picture_tile_at(seen, 32, 99), 20);
    atomic_store(&ps_picture_row(picture, 99)[32], 499);
    atomic_store(&ps_picture_tile(picture, 20)->owner, 7);
    assert_int_equal(atomic_load(&ps_picture_row(seen, 99)[32]), 499);
    assert_int_equal(atomic_load(&ps_picture_tile(seen, 20)->owner), 7);
    assert_true((char *)&ps_picture_row(seen, 99)[33] <= (char *)other + other->total_bytes);
    ps_segment_unmap(other);
    ps_segment_unmap(segment);
    close(fd);
    assert_int_equal(open_damaged_picture(keep), PS_OK);
    assert_int_equal(open_damaged_picture(change_width), PS_EPROTO);
    assert_int_equal(open_damaged_picture(change_columns), PS_EPROTO);
    assert_int_equal(open_damaged_picture(no_tile), PS_EPROTO);
    assert_int_equal(open_damaged_picture(endless), PS_EPROTO);
}

static void a_short_file_is_refused(void **state)
{
    (void)state;
    int fd = memfd_create("short", 0);
    assert_true(fd >= 0);
    struct ps_segment *segment;
    assert_int_equal(ps_segment_open(fd, &segment), PS_EPROTO);
    close(fd);
}

static void messages_are_whole(void **state)
{
    (void)state;
    int fd;
    struct ps_segment *segment;
    char text[PS_MESSAGE_BYTES];
    assert_int_equal(ps_segment_create(1, 1, names, &fd, &segment), PS_OK);
    ps_segment_message(segment, text);
    assert_string_equal(text, "");
    ps_segment_say(segment, "deadlock");
    ps_segment_message(segment, text);
    assert_string_equal(text, "deadlock");
    atomic_fetch_add(&segment->message_seq, 1); /* a writer that died in the middle */
    ps_segment_message(segment, text);
    assert_string_equal(text, "");
    ps_segment_take_over(segment);
    ps_segment_say(segment, "host killed");
    ps_segment_message(segment, text);
    assert_string_equal(text, "host killed");
    ps_segment_unmap(segment);
    close(fd);
}

static void state_words_keep_their_parts(void **state)
{
    (void)state;
    uint64_t word = ps_state_word(PS_STATE_NET, 5, 123456789);
    assert_int_equal(ps_state_of(word), PS_STATE_NET);
    assert_int_equal(ps_state_type(word), 4);
    assert_int_equal(ps_state_since(word), 123456789);
    assert_int_equal(ps_state_type(ps_state_word(PS_STATE_IDLE, 0, 1)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_parts_are_where_the_header_says),
        cmocka_unit_test(another_process_can_open_it),
        cmocka_unit_test(damaged_segments_are_refused),
        cmocka_unit_test(a_short_file_is_refused),
        cmocka_unit_test(a_picture_lies_behind_it),
        cmocka_unit_test(messages_are_whole),
        cmocka_unit_test(state_words_keep_their_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
