"""The API of tournaments."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter()
urlpatterns = router.urls
