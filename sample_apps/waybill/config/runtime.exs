import Config

# Read when the release starts, not when it is built.
config :waybill, port: String.to_integer(System.get_env("PORT", "4000"))

if greeting = System.get_env("GREETING") do
  config :waybill, greeting: greeting
end
