%% What beacon keeps: services, and the endpoints at which they are found.

-record(service,
        {name :: beacon_name:name(),
         protocol = tcp :: tcp | udp,
         %% Where endpoints listen that do not say otherwise.
         port :: inet:port_number(),
         attributes = #{} :: #{binary() => binary()}}).

-record(endpoint,
        {service :: beacon_name:name(),
         id :: beacon_name:name(),
         ip :: inet:ip_address(),
         port :: inet:port_number(),
         weight = 1 :: pos_integer(),
         %% An endpoint that is not renewed in time is forgotten.
         expires_at :: beacon_clock:milliseconds()}).
