-module(shop).
-export([price/1, total/1]).

-include("shop.hrl").

-record(item, {name, price = 0}).

price({apple, Count}) -> Count * 3;
price({pear, Count}) when Count > 0 -> Count * 4;
price(Other) -> error({not_sold, Other, [bread, <<"milk">>, "salt", 1.5]}).

total(Basket) -> lists:sum([rounded(Item) || Item <- items(Basket)]).

items(Basket) -> [Price || #item{price = Price} <- [#item{name = element(1, Sold), price = price(Sold)} || Sold <- Basket]].
