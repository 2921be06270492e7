/* The NIF behind native_nif.erl: unpacks the arguments and calls libmeasure. */
#include <erl_nif.h>

#include "measure.h"

static ERL_NIF_TERM fnv1a(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ErlNifBinary input;

    (void)argc;
    if (!enif_inspect_iolist_as_binary(env, argv[0], &input))
        return enif_make_badarg(env);
    return enif_make_uint64(env, measure_fnv1a(input.data, input.size));
}

static ERL_NIF_TERM entropy(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ErlNifBinary input;

    (void)argc;
    if (!enif_inspect_iolist_as_binary(env, argv[0], &input))
        return enif_make_badarg(env);
    return enif_make_double(env, measure_entropy(input.data, input.size));
}

/* The input may be large: stay off the normal schedulers. */
static ErlNifFunc functions[] = {
    {"fnv1a", 1, fnv1a, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"entropy", 1, entropy, ERL_NIF_DIRTY_JOB_CPU_BOUND},
};

ERL_NIF_INIT(native_nif, functions, NULL, NULL, NULL, NULL)
