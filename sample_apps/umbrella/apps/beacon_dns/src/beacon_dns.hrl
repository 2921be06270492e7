%% The parts of a DNS message. Names are lists of labels in lower case.

-record(query,
        {id :: 0..65535,
         recursion_desired :: 0 | 1,
         opcode :: 0..15,
         name = [] :: beacon_dns_name:name(),
         type = 0 :: beacon_dns_type:type(),
         class = 0 :: 0..65535,
         %% The question as it came, to be sent back.
         question = <<>> :: binary()}).

-record(answer,
        {name :: beacon_dns_name:name(),
         ttl :: non_neg_integer(),
         data :: beacon_dns_type:data()}).
