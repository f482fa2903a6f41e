// The ring of engines/common/job_ring.c: an owner that pushes and pops, two thieves that take half.
#include "run.hpp"

enum { CAPACITY = 4, JOBS = 7, OWNER = 0 };

struct Right {
    static constexpr auto push_tail = seq_cst, full_head = acquire, pop_head = acquire;
    static constexpr auto steal_head = acquire, steal_tail = acquire;
    static constexpr auto take = seq_cst;
};
struct PushRelaxed : Right {
    static constexpr auto push_tail = relaxed;
};
struct TailRelaxed : Right {
    static constexpr auto steal_tail = relaxed;
};
// Nothing in the ring itself needs the seq_cst of push: idle.cpp does.
struct PushRelease : Right {
    static constexpr auto push_tail = release;
};

template <class Orders, bool by_cas = true, bool slots_before = true>
struct Ring : rl::test_suite<Ring<Orders, by_cas, slots_before>, 3> {
    rl::atomic<unsigned> head, tail;
    rl::atomic<int> slot[CAPACITY];
    rl::var<int> made[JOBS]; // what the submitter wrote before
    rl::atomic<int> taken[JOBS];
    unsigned seen;

    void before()
    {
        // Near the end of the index's range: it wraps inside the test.
        seen = ~0u - 1;
        head($).store(seen, relaxed);
        tail($).store(seen, relaxed);
        for (int i = 0; i < CAPACITY; i++)
            slot[i]($).store(-1, relaxed);
        for (int i = 0; i < JOBS; i++)
            taken[i]($).store(0, relaxed);
    }

    void take(int job)
    {
        RL_ASSERT(job >= 0);
        RL_ASSERT(made[job]($) == 100 + job);
        RL_ASSERT(taken[job]($).fetch_add(1, relaxed) == 0);
    }

    bool push(int job)
    {
        unsigned t = tail($).load(relaxed);
        if (t - seen >= CAPACITY)
            seen = head($).load(Orders::full_head);
        if (t - seen >= CAPACITY)
            return false;
        made[job]($) = 100 + job;
        slot[t % CAPACITY]($).store(job, relaxed);
        tail($).store(t + 1, Orders::push_tail);
        return true;
    }

    bool pop()
    {
        unsigned t = tail($).load(relaxed), h = head($).load(Orders::pop_head);
        while (h != t) {
            int job = slot[h % CAPACITY]($).load(relaxed);
            if (!by_cas)
                head($).store(h + 1, seq_cst);
            else if (!head($).compare_exchange_weak(h, h + 1, Orders::take, relaxed))
                continue;
            take(job);
            return true;
        }
        return false;
    }

    void steal()
    {
        int job[CAPACITY];
        unsigned h = head($).load(Orders::steal_head), t = tail($).load(Orders::steal_tail);
        if (t - h - 1 >= CAPACITY)
            return;
        unsigned count = (t - h + 1) / 2;
        for (unsigned i = 0; slots_before && i < count; i++)
            job[i] = slot[(h + i) % CAPACITY]($).load(relaxed);
        if (!head($).compare_exchange_strong(h, h + count, Orders::take, relaxed))
            return;
        for (unsigned i = 0; i < count; i++)
            take(slots_before ? job[i] : slot[(h + i) % CAPACITY]($).load(relaxed));
    }

    void thread(unsigned index)
    {
        if (index != OWNER) {
            steal();
            steal();
            return;
        }
        for (int job = 0; job < JOBS; job++)
            while (!push(job))
                pop();
        while (pop())
            ;
    }

    void after()
    {
        for (int i = 0; i < JOBS; i++)
            RL_ASSERT(taken[i]($).load(relaxed) == 1);
    }
};

using PopByStore = Ring<Right, false>;
using SlotsAfterCas = Ring<Right, true, false>;

int main()
{
    bool ok = HOLDS(Ring<Right>);
    ok = HOLDS(Ring<PushRelease>) && ok;
    ok = FAILS(Ring<PushRelaxed>) && ok;
    ok = FAILS(Ring<TailRelaxed>) && ok;
    ok = FAILS(PopByStore) && ok;
    ok = FAILS(SlotsAfterCas) && ok;
    return ok ? 0 : 1;
}
