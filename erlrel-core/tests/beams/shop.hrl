%% A function in a header: its lines are of another file than the module's.
rounded(Price) when is_number(Price) -> round(Price).
