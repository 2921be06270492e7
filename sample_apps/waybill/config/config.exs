import Config

config :waybill, greeting: "Hello"
