defmodule Waybill.Application do
  use Application

  @impl true
  def start(_type, _args) do
    children = [{Waybill.Http, Application.fetch_env!(:waybill, :port)}]
    Supervisor.start_link(children, strategy: :one_for_one, name: Waybill.Supervisor)
  end
end
