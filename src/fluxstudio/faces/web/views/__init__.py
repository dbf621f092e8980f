"""What the pages show: plain frozen values that the routes fill and the templates read.

Words arrive ready to print (a provider's name, what a scope means, what went wrong and its mend); times are
aware datetimes; every `href` is a path of ours or a checked `https` address. Nothing here holds a token or a
secret.
"""

from fluxstudio.faces.web.views.account import ErrorPage, NewPasswordPage, SignInPage, SignUpPage
from fluxstudio.faces.web.views.activity import (
    ActivityPage,
    EmptyView,
    EventPage,
    EventRow,
    EventRunView,
    ReplayAllView,
    ReplayPage,
    StateView,
)
from fluxstudio.faces.web.views.automations import AutomationPage
from fluxstudio.faces.web.views.integrations import (
    AttemptsPage,
    AttemptView,
    CardView,
    ConnectingView,
    ConnectionRow,
    DisconnectPage,
    DisconnectView,
    IntegrationsPage,
    ProblemView,
    ScopeView,
    SettingView,
    StepState,
    StepView,
)
from fluxstudio.faces.web.views.listings import (
    ChannelsPage,
    ChannelView,
    ComposerView,
    FilesPage,
    FileView,
    FreshnessView,
    ListingView,
    ProjectView,
    RefreshForm,
    RepositoriesPage,
    RepositoryView,
    SourceForm,
    SuggestedField,
    TabView,
)
from fluxstudio.faces.web.views.people import (
    AccountPage,
    ErasePage,
    InvitationRow,
    InvitePage,
    PeoplePage,
    PersonPage,
    PersonRow,
    SessionView,
)
from fluxstudio.faces.web.views.pieces import ChartView, PiecesPage, PointView
from fluxstudio.faces.web.views.reference import (
    ErrorKindView,
    GroupView,
    ModelView,
    OperationView,
    PropertyView,
    ReferencePage,
    ShapeView,
    WordView,
)
from fluxstudio.faces.web.views.setup import AppView, AreaView, FindingView, SetupPage
from fluxstudio.faces.web.views.shell import (
    BannerView,
    FieldView,
    HeadView,
    LinkView,
    NavItem,
    PagerView,
    PersonView,
    ResultView,
    SearchView,
    Shell,
    Tone,
)
from fluxstudio.faces.web.views.webhooks import (
    AccountView,
    GrantView,
    HookView,
    NewWebhookPage,
    RemoveView,
    RemoveWebhookPage,
    TypeView,
    WebhooksPage,
)

Page = (
    IntegrationsPage
    | AttemptsPage
    | DisconnectPage
    | FilesPage
    | ChannelsPage
    | RepositoriesPage
    | SignInPage
    | SignUpPage
    | NewPasswordPage
    | AccountPage
    | ErasePage
    | PeoplePage
    | PersonPage
    | InvitePage
    | ErrorPage
    | PiecesPage
    | ReferencePage
    | SetupPage
    | AutomationPage
    | ActivityPage
    | EventPage
    | ReplayPage
    | WebhooksPage
    | NewWebhookPage
    | RemoveWebhookPage
)

__all__ = [
    "AccountPage",
    "AccountView",
    "ActivityPage",
    "AppView",
    "AreaView",
    "AttemptView",
    "AttemptsPage",
    "AutomationPage",
    "BannerView",
    "CardView",
    "ChannelView",
    "ChannelsPage",
    "ChartView",
    "ComposerView",
    "ConnectingView",
    "ConnectionRow",
    "DisconnectPage",
    "DisconnectView",
    "EmptyView",
    "ErasePage",
    "ErrorKindView",
    "ErrorPage",
    "EventPage",
    "EventRow",
    "EventRunView",
    "FieldView",
    "FileView",
    "FilesPage",
    "FindingView",
    "FreshnessView",
    "GrantView",
    "GroupView",
    "HeadView",
    "HookView",
    "IntegrationsPage",
    "InvitationRow",
    "InvitePage",
    "LinkView",
    "ListingView",
    "ModelView",
    "NavItem",
    "NewPasswordPage",
    "NewWebhookPage",
    "OperationView",
    "Page",
    "PagerView",
    "PeoplePage",
    "PersonPage",
    "PersonRow",
    "PersonView",
    "PiecesPage",
    "PointView",
    "ProblemView",
    "ProjectView",
    "PropertyView",
    "ReferencePage",
    "RemoveView",
    "RemoveWebhookPage",
    "ReplayAllView",
    "ReplayPage",
    "RefreshForm",
    "RepositoriesPage",
    "RepositoryView",
    "ResultView",
    "ScopeView",
    "SessionView",
    "SettingView",
    "SearchView",
    "SetupPage",
    "ShapeView",
    "Shell",
    "SignInPage",
    "SignUpPage",
    "SourceForm",
    "StateView",
    "StepState",
    "StepView",
    "SuggestedField",
    "TabView",
    "Tone",
    "TypeView",
    "WebhooksPage",
    "WordView",
]
