"""A Cinder back-end without anything behind it: volumes have every state they have elsewhere, and no bytes.

The faults that a test switches on (see mex_faults): volume_delay, volume_fail, volume_delete_fail.
"""
import time

from cinder import exception
from cinder.volume import driver

import mex_faults


class MexVolumeDriver(driver.VolumeDriver):
    VERSION = '1.0'

    def do_setup(self, context):
        pass

    def check_for_setup_error(self):
        pass

    def get_volume_stats(self, refresh=False):
        return {'volume_backend_name': 'mex', 'vendor_name': 'mexosagent', 'driver_version': self.VERSION,
                'storage_protocol': 'none', 'total_capacity_gb': 100000, 'free_capacity_gb': 100000,
                'reserved_percentage': 0, 'QoS_support': False}

    def create_volume(self, volume):
        self._make(volume)

    def clone_image(self, context, volume, image_location, image_meta, image_service):
        """Says that the volume has been filled from the image: nothing is downloaded."""
        self._make(volume)
        return {}, True

    @staticmethod
    def _make(volume):
        time.sleep(mex_faults.seconds('volume_delay', volume.project_id))
        if mex_faults.strikes('volume_fail', volume.project_id):
            raise exception.VolumeBackendAPIException(data='this back-end was told to refuse (fault volume_fail)')

    def delete_volume(self, volume):
        if mex_faults.strikes('volume_delete_fail', volume.project_id):
            raise exception.VolumeBackendAPIException(data='this back-end keeps it (fault volume_delete_fail)')

    def initialize_connection(self, volume, connector, **kwargs):
        return {'driver_volume_type': 'fake', 'data': {}}

    def terminate_connection(self, volume, connector, **kwargs):
        pass

    def create_export(self, context, volume, connector):
        pass

    def ensure_export(self, context, volume):
        pass

    def remove_export(self, context, volume):
        pass
