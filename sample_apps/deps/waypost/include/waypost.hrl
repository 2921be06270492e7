%% What waypost:match/3 found.
-record(waypost_match,
        {handler :: term(),
         %% The values of the `:name` segments, decoded.
         bindings = #{} :: #{atom() => binary()},
         %% The pattern as it was given, such as <<"/users/:id">>: a good label
         %% for metrics, because there are only so many of them.
         pattern :: binary()}).
