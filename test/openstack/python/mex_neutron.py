"""Stands in for Neutron's layer-2 and layer-3 agents, of which this cloud has none.

Their part in the API is to make things ACTIVE. Ports are bound by an ML2 mechanism driver, which also
makes Neutron tell Nova network-vif-plugged; router ports and floating IPs by a service plugin.
"""
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api
from neutron_lib.services import base

import mex_faults


class MexMechanismDriver(api.MechanismDriver):
    """Binds a port on any host to its first segment."""

    def initialize(self):
        pass

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        if mex_faults.strikes('bind_fail', context.host, context.current['project_id']):
            return
        details = {portbindings.CAP_PORT_FILTER: True,
                   portbindings.VIF_DETAILS_CONNECTIVITY: portbindings.CONNECTIVITY_L2}
        context.set_binding(context.segments_to_bind[0][api.ID], portbindings.VIF_TYPE_OVS, details,
                            status=constants.PORT_STATUS_ACTIVE)


@registry.has_registry_receivers
class MexStatusPlugin(base.ServicePluginBase):
    """Reports what an L3 agent would report."""

    supported_extension_aliases = []

    def get_plugin_type(self):
        return 'MEX_STATUS'

    def get_plugin_description(self):
        return 'reports router ports and floating IPs as working'

    @registry.receives(resources.ROUTER_INTERFACE, [events.AFTER_CREATE])
    def router_interface_added(self, resource, event, trigger, payload):
        port = (payload.metadata or {}).get('port')
        if port:
            _report_port(port['id'])

    @registry.receives(resources.ROUTER_GATEWAY, [events.AFTER_CREATE, events.AFTER_UPDATE])
    def router_gateway_set(self, resource, event, trigger, payload):
        gateways = directory.get_plugin().get_ports(
            neutron_context.get_admin_context(),
            {'device_id': [payload.resource_id], 'device_owner': [constants.DEVICE_OWNER_ROUTER_GW]})
        for port in gateways:
            _report_port(port['id'])

    @registry.receives(resources.FLOATING_IP, [events.AFTER_CREATE, events.AFTER_UPDATE])
    def floating_ip_changed(self, resource, event, trigger, payload):
        context = neutron_context.get_admin_context()
        l3 = directory.get_plugin(plugin_constants.L3)
        address = l3.get_floatingip(context, payload.resource_id)
        status = (constants.FLOATINGIP_STATUS_ACTIVE if address['port_id']
                  else constants.FLOATINGIP_STATUS_DOWN)
        if address['status'] != status:
            l3.update_floatingip_status(context, address['id'], status)


def _report_port(port_id):
    directory.get_plugin().update_port_status(
        neutron_context.get_admin_context(), port_id, constants.PORT_STATUS_ACTIVE)
