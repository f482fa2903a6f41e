// The deque of engines/threadpool/deque.c: an owner that pushes and pops, two thieves.
#include "run.hpp"

enum { CAPACITY = 2, TASKS = 3, OWNER = 0 };

struct Right {
    static constexpr auto push_top = acquire, push_bottom = seq_cst;
    static constexpr auto pop_bottom = seq_cst, pop_top = seq_cst, pop_cas = seq_cst;
    static constexpr auto steal_top = seq_cst, steal_bottom = seq_cst, steal_cas = seq_cst;
};
struct PushRelaxed : Right {
    static constexpr auto push_bottom = relaxed;
};
struct PopStoreRelease : Right {
    static constexpr auto pop_bottom = release;
};
struct PopLoadAcquire : Right {
    static constexpr auto pop_top = acquire;
};
struct StealBottomAcquire : Right {
    static constexpr auto steal_top = acquire, steal_bottom = acquire;
};
struct StealBottomRelaxed : Right {
    static constexpr auto steal_bottom = relaxed;
};

template <class Orders>
struct Deque : rl::test_suite<Deque<Orders>, 3> {
    rl::atomic<int> top, bottom, slot[CAPACITY];
    rl::var<int> body[TASKS]; // what the submitter wrote into the task
    rl::atomic<int> taken[TASKS];

    void before()
    {
        top($).store(0, relaxed);
        bottom($).store(0, relaxed);
        for (int i = 0; i < CAPACITY; i++)
            slot[i]($).store(-1, relaxed);
        for (int i = 0; i < TASKS; i++)
            taken[i]($).store(0, relaxed);
    }

    void take(int task)
    {
        RL_ASSERT(task >= 0);
        RL_ASSERT(body[task]($) == 100 + task);
        RL_ASSERT(taken[task]($).fetch_add(1, relaxed) == 0);
    }

    bool push(int task)
    {
        int b = bottom($).load(relaxed);
        int t = top($).load(Orders::push_top);
        if (b - t >= CAPACITY)
            return false;
        body[task]($) = 100 + task;
        slot[b % CAPACITY]($).store(task, relaxed);
        bottom($).store(b + 1, Orders::push_bottom);
        return true;
    }

    void pop()
    {
        int b = bottom($).load(relaxed) - 1;
        bottom($).store(b, Orders::pop_bottom);
        int t = top($).load(Orders::pop_top);
        int task = t <= b ? slot[b % CAPACITY]($).load(relaxed) : -1;
        if (t < b)
            return take(task);
        bool won = t == b && top($).compare_exchange_strong(t, t + 1, Orders::pop_cas, relaxed);
        bottom($).store(b + 1, relaxed);
        if (won)
            take(task);
    }

    void steal()
    {
        int t = top($).load(Orders::steal_top);
        int b = bottom($).load(Orders::steal_bottom);
        if (t >= b)
            return;
        int task = slot[t % CAPACITY]($).load(relaxed);
        if (top($).compare_exchange_strong(t, t + 1, Orders::steal_cas, relaxed))
            take(task);
    }

    void thread(unsigned index)
    {
        if (index != OWNER) {
            steal();
            steal();
            return;
        }
        for (int task = 0; task < TASKS;) {
            task += push(task);
            if (task != 1)
                pop();
        }
        for (int i = 0; i < TASKS; i++)
            pop();
    }

    void after()
    {
        for (int i = 0; i < TASKS; i++)
            RL_ASSERT(taken[i]($).load(relaxed) == 1);
    }
};

int main()
{
    bool ok = HOLDS(Deque<Right>);
    ok = FAILS(Deque<PushRelaxed>) && ok;
    ok = FAILS(Deque<PopStoreRelease>) && ok;
    ok = FAILS(Deque<PopLoadAcquire>) && ok;
    ok = FAILS(Deque<StealBottomAcquire>) && ok;
    ok = FAILS(Deque<StealBottomRelaxed>) && ok;
    return ok ? 0 : 1;
}
